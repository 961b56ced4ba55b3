// What an operator, or the exit program, asks on the control socket. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "lib/base/log.h"
#include "lib/base/machine_end.h"
#include "lib/base/result.h"

namespace nbdroot::agent::resident {

inline constexpr std::size_t kLongestInfo = 200;
// Nobody means to wait for longer; what is left of the 32 bits counts milliseconds elsewhere.
inline constexpr std::uint32_t kLongestTimeoutSeconds = 1'000'000;

struct Ask {
    enum class What { status, info, timeout, log, debug };
    What what = What::status;
    bool operator==(const Ask&) const = default;
};
struct SetInfo {
    std::string text;  // printable ASCII; empty: none any more
    bool operator==(const SetInfo&) const = default;
};
struct SetTimeout {
    std::uint32_t seconds = 0;  // 0: none
    bool operator==(const SetTimeout&) const = default;
};
struct SetLog {
    Level level = Level::info;
    bool operator==(const SetLog&) const = default;
};
struct ConnectAnew {
    std::string server;  // a number of the list, or HOST:PORT; empty: the one in use
    bool operator==(const ConnectAnew&) const = default;
};
struct EndDevice {
    bool by_force = false;  // while it is in use: I/O errors
    bool operator==(const EndDevice&) const = default;
};
struct AnnounceEnd {
    std::optional<MachineEnd> how;  // nullopt: called off
    bool operator==(const AnnounceEnd&) const = default;
};
using Request = std::variant<Ask, SetInfo, SetTimeout, SetLog, ConnectAnew, EndDevice, AnnounceEnd>;

// LINE is without its newline. The reason of an Error is one line for whoever asked.
[[nodiscard]] Result<Request> parse_request(std::string_view line);

// "warning"
[[nodiscard]] std::string_view name_of(Level level);

}  // namespace nbdroot::agent::resident
