// The kernel command line to a BootConfig.
#pragma once

#include <string>
#include <string_view>

#include "agent/config/boot_config.h"
#include "lib/base/result.h"

namespace nbdroot::agent::config {

// In the order in which they are read; the later wins.
struct CommandLines {
    std::string defaults = {};  // the initramfs's /etc/nbdroot/cmdline
    std::string kernel = {};    // /proc/cmdline
    std::string added = {};  // /run/nbdroot/cmdline: what somebody wrote while the machine waited

    bool operator==(const CommandLines&) const = default;
};

// As below. Where something was added, a word of the others that cannot be meant is a note: whoever
// mends a command line cannot take words out of it.
[[nodiscard]] Result<BootConfig> parse_command_lines(const CommandLines& texts);

// DEFAULTS (the initramfs's /etc/nbdroot/cmdline, may be empty) is read before COMMAND_LINE
// (/proc/cmdline); the later wins. Words are separated by blanks; double quotes group, as in the
// kernel. The Error names the parameter as written and says what to write instead.
[[nodiscard]] Result<BootConfig> parse_command_line(std::string_view command_line,
                                                    std::string_view defaults = {});

// One element of nbdroot=, or a DHCP root-path: every form of nbdroot-cmdline(7).
[[nodiscard]] Result<Target> parse_target(std::string_view text);

// What --parse prints: one JSON object, keys in a fixed order, ends with a newline.
[[nodiscard]] std::string to_json(const BootConfig& config);

}  // namespace nbdroot::agent::config
