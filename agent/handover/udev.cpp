#include "agent/handover/udev.h"

#include "lib/base/text.h"

namespace nbdroot::agent::handover {

std::string udev_rules(const network::Network& network) {
    return cat(
        "# Written by nbdroot-agent: this kernel cannot rename an interface that is up.\n"
        "SUBSYSTEM==\"net\", ACTION!=\"remove\", DRIVERS==\"?*\", ATTR{address}==\"",
        network.mac, "\", NAME=\"", network.interface_name, "\"\n");
}

// Not a number: an unknown future.
bool can_rename_while_up(std::string_view release) {
    const auto parts = base::split(release, '.');
    const auto major = base::parse_decimal(parts[0]);
    const auto minor = parts.size() > 1 ? base::parse_decimal(parts[1]) : std::nullopt;
    if (!major || !minor) return true;
    return *major > 6 || (*major == 6 && *minor >= 2);
}

}  // namespace nbdroot::agent::handover
