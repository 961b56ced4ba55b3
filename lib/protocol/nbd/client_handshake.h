// The client's side of fixed newstyle negotiation, pure: bytes in, bytes and one outcome out.
//
// Order of options: INFO for the decoy, GO (or INFO, or LIST); where the server does not know GO,
// EXPORT_NAME. Source: proto.md, "Fixed newstyle negotiation". No clock: whoever drives it bounds
// its time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/collector.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/export_info.h"
#include "lib/protocol/nbd/received_infos.h"

namespace nbdroot::protocol::nbd {

// Room for the names of some ten thousand exports, headers included; a longer list is refused.
inline constexpr std::size_t kMaximumListBytes = std::size_t{1} << 20;

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
        // goal transmit: a name that no server has. One that takes it is refused, since it takes
        // any name and its canonical name, which is then what was asked for, says nothing. Empty:
        // none.
        std::string decoy_name = {};
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
    // (code ENOENT) and the LIST that follows was answered, KNOWN_EXPORTS has the names that do
    // exist.
    struct Refused {
        Error error;
        std::vector<std::string> known_exports;
        bool list_was_answered = false;
        // By which it refused the export; nullopt: it did not, or has no words for it.
        std::optional<OptionReply> reply = std::nullopt;
    };
    using Outcome = std::variant<InProgress, Ready, Listed, Refused>;

    explicit ClientHandshake(Options options);

    // Bytes from the server. After an outcome other than InProgress further bytes are ignored.
    void on_bytes(ByteView bytes);
    // The server closed the connection.
    void on_end();

    // Bytes to send now; empty when there are none. Each byte is given once. An outcome may come
    // with a last message (ABORT, or DISC), to be sent before closing.
    [[nodiscard]] Bytes take_output();
    [[nodiscard]] const Outcome& outcome() const;

private:
    // What the bytes that are awaited mean.
    enum class State { magic, handshake_flags, reply_header, reply_data, export_name_reply };

    [[nodiscard]] bool in_progress() const;
    void await(State state, std::size_t count);
    void step(ByteView message);

    void on_magic(ByteView message);
    void on_handshake_flags(ByteView message);
    void on_reply_header(ByteView message);
    void on_reply(ByteView data);
    void on_decoy_reply();
    void on_query_reply(ByteView data);
    void on_query_error(ByteView data);
    void on_query_accepted();
    void on_list_reply(ByteView data);
    void on_listed_export(ByteView data);
    void on_list_end();
    void on_export_name_reply(ByteView message);

    void send_option(Option option, ByteView data);
    void send_first_option();
    void send_query(Option option, const std::string& name);
    void send_export_name();
    void send_list();
    void send_abort();
    void send_disconnect();

    void ready(ExportInfo info);
    void refuse(std::string reason);
    void refuse_politely(std::string reason);
    [[nodiscard]] bool is_decoy() const;
    [[nodiscard]] bool is_error() const;
    [[nodiscard]] std::string end_of_stream() const;
    [[nodiscard]] Error error(std::string reason) const;
    [[nodiscard]] std::string server_error(ByteView text) const;

    Options options_;
    State state_ = State::magic;
    Collector collector_;
    Bytes output_;
    Outcome outcome_ = InProgress{};
    bool no_zeroes_ = false;

    // The option in flight and the reply to it that is being read.
    Option option_ = Option::abort;
    OptionReply reply_ = OptionReply::ack;
    std::uint32_t info_replies_ = 0;
    std::size_t list_bytes_ = 0;
    ReceivedInfos infos_;
    std::vector<std::string> names_;

    // The server refused the export; now the list of exports is being asked for.
    std::optional<Error> refusal_;
    std::optional<OptionReply> refusal_reply_;
};

}  // namespace nbdroot::protocol::nbd
