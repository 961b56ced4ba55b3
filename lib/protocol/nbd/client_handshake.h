// The client's side of fixed newstyle negotiation, pure: bytes in, bytes and one outcome out.
//
// Order of options: GO (or INFO, or LIST); where the server does not know GO, EXPORT_NAME.
// Source: proto.md, "Fixed newstyle negotiation". No clock: whoever drives it bounds its time.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/export_info.h"

namespace nbdroot::protocol::nbd {

class ClientHandshake {
public:
    enum class Goal {
        transmit,  // GO, else EXPORT_NAME: the connection is then in the transmission phase
        info,      // INFO, then ABORT
        list,      // LIST, then ABORT
    };
    struct Options {
        Goal goal = Goal::transmit;
        std::string export_name;
    };

    struct InProgress {};
    // goal transmit: nothing of the server's is left unread, the next byte it sends is a reply.
    struct Ready {
        ExportInfo info;
    };
    struct Listed {
        std::vector<std::string> names;
    };
    // The server refused the export, or broke the protocol. When it refused an unknown export name
    // and the LIST that follows was answered, KNOWN_EXPORTS has the names that do exist.
    struct Refused {
        Error error;
        std::vector<std::string> known_exports;
        bool list_was_answered = false;
    };
    using Outcome = std::variant<InProgress, Ready, Listed, Refused>;

    explicit ClientHandshake(Options options);

    // Bytes from the server. After an outcome other than InProgress further bytes are ignored.
    void on_bytes(ByteView bytes);
    // The server closed the connection.
    void on_end();

    // Bytes to send now; empty when there are none. Each byte is given once.
    [[nodiscard]] Bytes take_output();
    [[nodiscard]] const Outcome& outcome() const;
};

}  // namespace nbdroot::protocol::nbd
