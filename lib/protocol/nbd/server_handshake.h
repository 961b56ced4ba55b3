// The server's side of fixed newstyle negotiation, pure: bytes in, bytes and questions out.
//
// The machine knows no exports. It asks (an Event), and goes on only when it has been answered, so
// that an answer may take time (a later fencing rule waits for an older connection to end).
// Source: proto.md, "Newstyle negotiation" and below. No clock: the session holds the deadline.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/export_info.h"

namespace nbdroot::protocol::nbd {

class ServerHandshake {
public:
    // Somebody must call accept_export() or refuse_export() next.
    struct ExportWanted {
        std::string name;  // at most kMaximumString bytes, valid UTF-8 is not required
        Option option;     // go, info or export_name
    };
    // Somebody must call answer_list() next.
    struct ListWanted {};
    // The last accepted export is being served: bytes that on_bytes() did not consume are requests.
    struct TransmissionBegins {};
    // Send what take_output() gives, then close. An empty reason: the client ended it politely.
    struct Closed {
        std::string reason;
    };
    using Event = std::variant<ExportWanted, ListWanted, TransmissionBegins, Closed>;

    ServerHandshake();  // take_output() has the greeting at once

    // Bytes from the client; says how many were consumed. It stops consuming while an event waits
    // to be taken or answered, and for good after TransmissionBegins or Closed.
    [[nodiscard]] std::size_t on_bytes(ByteView bytes);

    // The next event, once. After an answer call on_bytes() again with what was left over.
    [[nodiscard]] std::optional<Event> take_event();

    void accept_export(const ExportInfo& info);
    // KIND: error_unknown, error_policy, error_shutdown, …; TEXT: one line for a person. For
    // EXPORT_NAME, which knows no error replies, this closes.
    void refuse_export(OptionReply kind, const std::string& text);
    void answer_list(const std::vector<std::string>& names);
    void refuse_list(OptionReply kind, const std::string& text);

    [[nodiscard]] Bytes take_output();
};

}  // namespace nbdroot::protocol::nbd
