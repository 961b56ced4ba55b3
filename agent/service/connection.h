// A service connection to the root's server, from the asker's side (docs/service.md).
//
// Nothing is written before the server has proved that it knows what this is: there are servers
// that answer any name with their disk.
#pragma once

#include <string>

#include "lib/base/json_value.h"
#include "lib/base/result.h"
#include "lib/protocol/service/request.h"
#include "lib/protocol/service/window.h"
#include "lib/sys/socket_address.h"
#include "lib/sys/timed_stream.h"

namespace nbdroot::agent::service {

// The codes of an Error with which the server has answered. No server of ours, or of another
// version, or one that has no such export:
inline constexpr int kNotSupported = -3;
// Ours, which does not let this machine or this boot:
inline constexpr int kRefused = -4;
// It has no room, or ends; later it may.
inline constexpr int kBusy = -5;

struct Server {
    sys::SocketAddress address{};
    std::string text{};     // "10.0.0.1:10809", for messages
    std::string subject{};  // what this boot calls its export
};

struct Limits {
    Duration connect{5'000};
    // No byte of an answer for so long; the server says every 5 s that it works.
    Duration silence{60'000};
};

struct Answer {
    protocol::service::Status status = protocol::service::Status::failed;
    std::string text{};  // JSON
};

class Connection {
public:
    static Result<Connection> open(const Server& server, const Limits& limits = {});

    // Its answer, as long as that takes.
    Result<Answer> ask(const protocol::service::Request& request);

    // The same in two steps: a second request may be begun before the first one's answer is taken,
    // where both take but moments.
    Result<void> begin(const protocol::service::Request& request);
    Result<Answer> finish();

private:
    explicit Connection(sys::TimedStream stream) : stream_(std::move(stream)) {}

    Result<void> send_read(std::uint64_t offset_bytes, std::size_t count);
    Result<void> take_reply(std::uint64_t cookie);
    Result<Bytes> take_read(std::size_t count);

    sys::TimedStream stream_;
    std::uint64_t sent_cookie_ = 0;
    std::uint64_t taken_cookie_ = 0;
    std::uint32_t finished_ = 0;
};

}  // namespace nbdroot::agent::service
