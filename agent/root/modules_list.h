// The initramfs's list of kernel modules, /etc/nbdroot/modules.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::root {

struct ModuleEntry {
    std::string path;        // "/lib/modules/6.1.0/kernel/drivers/block/nbd.ko"
    std::string parameters;  // "nbds_max=4 max_part=16"

    bool operator==(const ModuleEntry&) const = default;
};

// A line each: "PATH [PARAMETERS]", blanks around and between; empty lines and those that begin
// with '#' do not count.
[[nodiscard]] std::vector<ModuleEntry> parse_modules_list(std::string_view text);

}  // namespace nbdroot::agent::root
