// The server's side of fixed newstyle negotiation, pure: bytes in, bytes and questions out.
//
// The machine knows no exports. It asks (an Event), and goes on only when it has been answered, so
// that an answer may take time (fencing waits for an older connection to end).
// Source: proto.md, "Newstyle negotiation" and below. No clock: the session holds the deadline.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/collector.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/export_info.h"
#include "lib/protocol/nbd/export_query.h"
#include "lib/protocol/nbd/meta_context.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::protocol::nbd {

// Option data that is not kept is skipped as it arrives, which costs nothing but time; the longest
// sensible one (a few hundred metadata queries) is far below this. More is taken for an attack and
// ends the connection.
inline constexpr std::uint32_t kMaximumSkippedData = std::uint32_t{1} << 20;

// Clients that look at every export send two options for each; nobody needs more than this many.
inline constexpr std::uint32_t kMaximumOptions = 1024;

// "The client MUST NOT send any option until it has received a final reply to any option it has
// sent": one that sends LIST after LIST in one go would make us hold answer after answer. It is
// closed at its next option once this many bytes wait for take_output().
inline constexpr std::size_t kMaximumPendingOutput = std::size_t{256} << 10;

class ServerHandshake {
public:
    // Somebody must call accept_export() or refuse_export() next.
    struct ExportWanted {
        std::string name;  // at most kMaximumString bytes, valid UTF-8 is not required
        // go, info or export_name; or, when the question is only whether the client may know of
        // it, list_meta_context or set_meta_context.
        Option option;
        bool wants_name = false;  // it reads ExportInfo::canonical_name
        bool wants_description = false;
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

    // After TransmissionBegins: what holds beyond the baseline. Every export has base:allocation.
    [[nodiscard]] const Features& features() const { return features_; }

    void accept_export(const ExportInfo& accepted);
    // KIND: error_unknown, error_policy, error_shutdown, …; TEXT: one line for a person, cut at
    // kMaximumString bytes. For EXPORT_NAME, which knows no error replies, this closes.
    void refuse_export(OptionReply kind, const std::string& text);
    // A name that nobody could ask for (too long, or with a NUL byte) is left out.
    void answer_list(const std::vector<std::string>& names);
    void refuse_list(OptionReply kind, const std::string& text);

    [[nodiscard]] Bytes take_output();

private:
    enum class State { client_flags, option_header, option_data, skip, question, finished };

    [[nodiscard]] bool step(ByteView& bytes);
    void on_client_flags(ByteView message);
    void on_option_header(ByteView message);
    void begin_option(std::uint32_t length);
    void begin_query(std::uint32_t length);
    void begin_structured_reply(std::uint32_t length);
    void begin_contexts(std::uint32_t length);
    void begin_export_name(std::uint32_t length);
    void on_option_data(ByteView data);
    void on_contexts(ByteView data);
    [[nodiscard]] bool is_about_contexts() const;
    void answer_contexts();
    void collect(State state, std::size_t count);
    void skip(std::uint32_t length, OptionReply reply, std::string text);
    [[nodiscard]] bool skip_some(ByteView& bytes);
    void end_skip();
    void ask(Event question);
    void ask_for_export(ExportQuery query);
    void expect_answer() const;
    void next_option();
    void begin_transmission();
    void close(std::string reason);
    void send_export_name_reply(const ExportInfo& info);

    State state_ = State::client_flags;
    Collector collector_;
    Bytes output_;
    std::optional<Event> event_;
    bool fixed_newstyle_ = false;
    bool no_zeroes_ = false;
    std::uint32_t options_seen_ = 0;
    Features features_;
    std::string context_export_;  // features_.block_status was agreed on for this name alone

    // The option in hand.
    Option option_ = Option::abort;
    ExportQuery query_;
    ContextQuery context_query_;

    // State skip: bytes still to come, and what is answered then.
    std::uint32_t skip_left_ = 0;
    OptionReply skip_reply_ = OptionReply::ack;
    std::string skip_text_;
};

}  // namespace nbdroot::protocol::nbd
