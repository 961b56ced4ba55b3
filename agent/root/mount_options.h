// rootflags= to what mount(2) takes. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nbdroot::agent::root {

struct MountOptions {
    unsigned long flags = 0;          // MS_…, without MS_RDONLY
    std::string data{};               // for the file system itself, separated by commas
    std::optional<bool> read_only{};  // the last of ro and rw, where there is one

    bool operator==(const MountOptions&) const = default;
};

// "noatime,nodev,data=writeback" -> {MS_NOATIME | MS_NODEV, "data=writeback"}; later words win, as
// in mount(8). Words that mount(8) keeps for itself, as nofail, are dropped.
[[nodiscard]] MountOptions split_mount_options(std::string_view text);

// Whether the comma list DATA holds OPTION.
[[nodiscard]] bool has_option(std::string_view data, std::string_view option);

// The option with which FILE_SYSTEM leaves its journal alone, as a device that cannot be written
// needs; empty: it has none.
[[nodiscard]] std::string_view skip_recovery_option(std::string_view file_system);

// DATA with OPTION at its end.
[[nodiscard]] std::string with_option(std::string_view data, std::string_view option);

}  // namespace nbdroot::agent::root
