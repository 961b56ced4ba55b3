// The parameter ip=, in the kernel's form (Documentation/admin-guide/nfs/nfsroot.rst) and in
// dracut's (dracut.cmdline(7)), as far as IPv4 goes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/config/boot_config.h"
#include "lib/base/result.h"

namespace nbdroot::agent::config {

// What was mended or has no effect goes to NOTES.
[[nodiscard]] Result<InterfaceConfig> parse_interface(std::string_view text,
                                                      std::vector<std::string>& notes);

struct BootMac {
    std::string mac;          // "52:54:00:12:34:56"; empty: no Ethernet address
    std::string_view reason;  // why it is none
};
// The value of BOOTIF=, as pxelinux, iPXE and others write it: "01-52-54-00-12-34-56".
[[nodiscard]] BootMac parse_boot_mac(std::string_view text);

}  // namespace nbdroot::agent::config
