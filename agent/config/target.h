// What nbdroot=, netroot=, root=nbd: and DHCP's root-path can say about where the image is. The
// grammar is nbdroot-cmdline(7), section TARGETS.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/config/boot_config.h"
#include "lib/base/result.h"

namespace nbdroot::agent::config {

// A whole value: targets, and what other programs' forms say on the side.
struct TargetList {
    std::vector<Target> targets;
    std::string device;       // third field of Debian's form; empty: not given
    std::string file_system;  // third field of dracut's form
    std::string flags;        // fourth field of dracut's form, without ro and rw
    std::optional<bool> read_only;
    std::vector<std::string> notes;
};

// nbd://HOST[:PORT][/EXPORT], HOST[:PORT][/EXPORT], HOST:/EXPORT, dhcp, or nothing, which is dhcp.
[[nodiscard]] Result<Target> parse_single_target(std::string_view text);

// nbd:SERVER:PORT-OR-NAME[:FSTYPE[:MOUNTOPTS[:NBDOPTS]]]
[[nodiscard]] bool is_dracut_target(std::string_view text);
[[nodiscard]] Result<TargetList> parse_dracut_target(std::string_view text);

// All of these, HOST,NAME,nbdN, and lists.
[[nodiscard]] Result<TargetList> parse_target_list(std::string_view text);

// "nbd7" or "/dev/nbd7" to "nbd7"; nullopt where TEXT is no whole NBD device.
[[nodiscard]] std::optional<std::string> parse_nbd_device(std::string_view text);

}  // namespace nbdroot::agent::config
