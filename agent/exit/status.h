// What the exit program takes from the resident's status.json. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nbdroot::agent::exit {

struct Status {
    std::string disk;  // "nbd0"
    bool by_ioctl = false;
    bool is_over = false;               // the resident has seen the end of the device
    std::uint32_t limit_seconds = 120;  // nbdroot.shutdown-timeout=; 0: none

    bool operator==(const Status&) const = default;
};

// nullopt: TEXT is not what a resident writes.
[[nodiscard]] std::optional<Status> parse_status(std::string_view text);

// "nbd0" of "/dev/nbd0p1"; nullopt: no device of ours.
[[nodiscard]] std::optional<std::string> disk_of_source(std::string_view source);

}  // namespace nbdroot::agent::exit
