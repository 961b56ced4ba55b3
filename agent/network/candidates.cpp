#include "agent/network/candidates.h"

#include <algorithm>

#include "lib/base/ipv4.h"
#include "lib/base/mac.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using config::InterfaceConfig;
using config::NetworkConfig;

bool is_ethernet(const netlink::Link& link) {
    return link.hardware_type == netlink::kHardwareEthernet && !link.is_loopback() &&
           !link.enslaved && link.mac.has_value();
}

// The ip= that is for LINK, whatever its method. A device that is named wins over BOOTIF; bootdev=
// names the only one that can be the boot's.
std::optional<InterfaceConfig> meant_for(const netlink::Link& link, const NetworkConfig& config) {
    const bool is_other = !config.boot_device.empty() && config.boot_device != link.name;
    if (is_other) return std::nullopt;
    for (const InterfaceConfig& interface : config.interfaces) {
        if (interface.device == link.name) return interface;
    }
    const bool other_booted =
        !config.boot_mac.empty() && (!link.mac || base::format_mac(*link.mac) != config.boot_mac);
    if (other_booted) return std::nullopt;
    for (const InterfaceConfig& interface : config.interfaces) {
        if (interface.device.empty()) return interface;
    }
    if (config.interfaces.empty()) return InterfaceConfig{};
    return std::nullopt;
}

bool covers(const netlink::Address& address, const netlink::Route& route) {
    return route.length_bits == address.length_bits &&
           route.destination == (address.address & base::ipv4_mask(address.length_bits));
}

const netlink::Route* default_route_of(const Existing& existing, int interface_index) {
    for (const netlink::Route& route : existing.routes) {
        const bool is_default = route.length_bits == 0 && route.gateway != 0;
        if (is_default && route.interface_index == interface_index) return &route;
    }
    return nullptr;
}

// An address that ends is renewed by whoever leased it; so are the routes over it.
Kept kept_of(const netlink::Link& link, const netlink::Address& address, const Existing& existing) {
    Kept kept{.interface_index = link.index,
              .interface_name = link.name,
              .mac = link.mac,
              .address = {},
              .routes = {},
              .mtu_bytes = link.mtu_bytes};
    if (!address.permanent) return kept;
    kept.address = address;
    for (const netlink::Route& route : existing.routes) {
        const bool comes_with_address = route.gateway == 0 && covers(address, route);
        if (route.interface_index == link.index && !comes_with_address) {
            kept.routes.push_back(route);
        }
    }
    return kept;
}

std::optional<Network> network_of(const netlink::Link& link, const InterfaceConfig& wanted,
                                  const Existing& existing) {
    const auto on_link = [&](const netlink::Address& address) {
        return address.interface_index == link.index;
    };
    const auto found = std::find_if(existing.addresses.begin(), existing.addresses.end(), on_link);
    if (found == existing.addresses.end()) return std::nullopt;
    Network network;
    network.interface_index = link.index;
    network.interface_name = link.name;
    if (link.mac) network.mac = base::format_mac(*link.mac);
    network.address = {.address = found->address, .length_bits = found->length_bits};
    const netlink::Route* route = default_route_of(existing, link.index);
    if (route != nullptr) network.gateway = route->gateway;
    network.name_servers = wanted.name_servers;
    network.host_name = wanted.host_name;
    network.kept = kept_of(link, *found, existing);
    return network;
}

}  // namespace

std::optional<InterfaceConfig> wanted_of(const netlink::Link& link, const NetworkConfig& config) {
    if (!is_ethernet(link)) return std::nullopt;
    auto wanted = meant_for(link, config);
    if (wanted && wanted->method == InterfaceConfig::Method::none) return std::nullopt;
    return wanted;
}

std::string new_name_of(const netlink::Link& link, const NetworkConfig& config) {
    for (const config::NamedInterface& named : config.names) {
        if (link.mac == named.mac && link.name != named.name) return named.name;
    }
    return {};
}

bool leaves_all_alone(const NetworkConfig& config) {
    const auto is_none = [](const InterfaceConfig& interface) {
        return interface.method == InterfaceConfig::Method::none;
    };
    return !config.interfaces.empty() &&
           std::all_of(config.interfaces.begin(), config.interfaces.end(), is_none);
}

std::optional<Network> find_existing(const Existing& existing, const NetworkConfig& config) {
    std::optional<Network> result;
    for (const netlink::Link& link : existing.links) {
        const auto wanted = link.is_loopback() ? std::nullopt : meant_for(link, config);
        if (!wanted) continue;
        auto network = network_of(link, *wanted, existing);
        if (!network) continue;
        if (!result || (network->gateway && !result->gateway)) result = std::move(network);
    }
    if (result) {
        auto& servers = result->name_servers;
        servers.insert(servers.begin(), config.name_servers.begin(), config.name_servers.end());
    }
    return result;
}

}  // namespace nbdroot::agent::network
