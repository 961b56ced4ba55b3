// What an operator asks the running server. Pure.
//
// One line of JSON: {"command": "drain", "export": "debian", "timeout_s": 30}
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace nbdroot::server::control {

inline constexpr const char* kDefaultSocket = "/run/nbd-rootserver/control";

// Longer ones nobody waits for at a console.
inline constexpr std::chrono::seconds kMaximumWait{3600};
inline constexpr std::chrono::seconds kDefaultWait{30};

struct Request {
    enum class Command {
        clients,
        exports,
        stats,
        reload,
        restart,
        drain,
        resume,
        disconnect,
        overlay_list,
        overlay_reset,
        overlay_drop,
        promote,
        rollback,
        hash
    };

    Command command = Command::clients;
    // drain, resume, overlay_list, hash: absent, all of the server. Those below have one.
    std::optional<std::string> export_name{};
    std::string machine{};            // overlay_reset, overlay_drop
    std::string image{};              // promote: the path of the new one
    std::string client{};             // disconnect: number, or ADDRESS:PORT
    Duration timeout = kDefaultWait;  // drain

    bool operator==(const Request&) const = default;
};

// LINE without its newline. The Error is for the operator; what LINE held is made printable.
[[nodiscard]] Result<Request> parse_request(std::string_view line);

[[nodiscard]] std::string to_json(const Request& request);

}  // namespace nbdroot::server::control
