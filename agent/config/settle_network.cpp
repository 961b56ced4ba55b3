// What the words of the network say about each other.
#include <algorithm>

#include "agent/config/draft.h"
#include "lib/base/mac.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

// Whether an ip= is for DEVICE, or there is none.
bool is_configured(const NetworkConfig& network, std::string_view device) {
    return network.interfaces.empty() ||
           std::any_of(network.interfaces.begin(), network.interfaces.end(),
                       [&](const InterfaceConfig& interface) {
                           return interface.device.empty() || interface.device == device;
                       });
}

std::string devices_of(const NetworkConfig& network) {
    std::string devices;
    for (const InterfaceConfig& interface : network.interfaces) {
        devices += cat(devices.empty() ? "" : ", ", interface.device);
    }
    return devices;
}

// Who types bootdev= knows more than the boot loader that adds BOOTIF=.
Result<void> settle_boot_device(Draft& draft) {
    NetworkConfig& network = draft.config.network;
    if (draft.ignore_boot_mac) network.boot_mac.clear();
    if (network.boot_device.empty()) return {};
    if (!is_configured(network, network.boot_device)) {
        return fail("parameter", cat("bootdev=", network.boot_device),
                    cat("no ip= is for it; there is one for ", devices_of(network)));
    }
    if (!network.boot_mac.empty()) {
        draft.config.notes.push_back(
            cat("BOOTIF= has no effect beside bootdev=", network.boot_device));
        network.boot_mac.clear();
    }
    return {};
}

// The name hangs on the MAC that the card has.
Result<void> check_name(const NamedInterface& named, const NetworkConfig& network) {
    for (const InterfaceConfig& interface : network.interfaces) {
        if (interface.device != named.name || !interface.mac) continue;
        return fail(
            "parameter", cat("ifname=", named.name, ':', base::format_mac(named.mac)),
            cat("the ip= for ", named.name, " sets another MAC address; leave one of the two out"));
    }
    return {};
}

}  // namespace

Result<void> settle_network(Draft& draft) {
    const NetworkConfig& network = draft.config.network;
    NBDROOT_CHECK(settle_boot_device(draft));
    for (const NamedInterface& named : network.names) NBDROOT_CHECK(check_name(named, network));
    for (const StaticRoute& route : network.routes) {
        if (route.device.empty() || is_configured(network, route.device)) continue;
        draft.config.notes.push_back(
            cat("rd.route= over ", route.device, " has no effect: no ip= is for ", route.device));
    }
    return {};
}

}  // namespace nbdroot::agent::config
