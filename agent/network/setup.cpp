#include "agent/network/setup.h"

#include <algorithm>
#include <optional>

#include "lib/base/ipv4.h"
#include "lib/base/mac.h"
#include "lib/base/text.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;

bool covers(const netlink::Address& network, std::uint32_t address) {
    const std::uint32_t own = network.peer != 0 ? network.peer : network.address;
    return ((own ^ address) & base::ipv4_mask(network.length_bits)) == 0;
}

std::uint32_t broadcast_of(std::uint32_t address, std::uint8_t length_bits) {
    return length_bits < 31 ? address | ~base::ipv4_mask(length_bits) : 0;
}

// A gateway outside the interface's own network (a /32 from a cloud's DHCP, a wrong mask) would be
// refused by the kernel; taken as on the link, it is simply asked for.
void add_route(Setup& setup, netlink::Route route) {
    route.interface_index = setup.address.interface_index;
    if (route.gateway != 0 && !covers(setup.address, route.gateway)) {
        route.gateway_on_link = true;
        setup.note = cat("gateway ", base::format_ipv4(route.gateway), " is outside ",
                         base::format_ipv4(setup.address.address), '/', setup.address.length_bits,
                         "; taken as on the link");
    }
    if (route.length_bits == 0 && !setup.network.gateway && route.gateway != 0) {
        setup.network.gateway = route.gateway;
    }
    setup.routes.push_back(route);
}

// rd.route=: over the interface that it names, else over the one whose network has the gateway;
// where there is neither, over any: those that lose take theirs along.
void add_static_routes(Setup& setup, const SetupSources& sources) {
    for (const config::StaticRoute& route : sources.network.routes) {
        const bool is_here = route.device.empty()
                                 ? !route.gateway || covers(setup.address, *route.gateway)
                                 : route.device == sources.link.name;
        if (!is_here) continue;
        add_route(setup, {.destination = route.destination.address,
                          .length_bits = route.destination.length_bits,
                          .gateway = route.gateway.value_or(0)});
    }
}

void append_servers(std::vector<std::uint32_t>& to, const std::vector<std::uint32_t>& from) {
    for (const std::uint32_t server : from) {
        if (std::find(to.begin(), to.end(), server) == to.end()) to.push_back(server);
    }
}

Setup begin(const SetupSources& sources, const config::Ipv4Prefix& address) {
    Setup setup;
    setup.address = {.interface_index = sources.link.index,
                     .address = address.address,
                     .length_bits = address.length_bits,
                     .broadcast = broadcast_of(address.address, address.length_bits),
                     .peer = sources.config.peer.value_or(0)};
    if (setup.address.peer != 0) setup.address.broadcast = 0;
    setup.mtu_bytes = sources.config.mtu_bytes.value_or(0);
    Network& network = setup.network;
    network.interface_index = sources.link.index;
    network.interface_name = sources.link.name;
    if (sources.link.mac) network.mac = base::format_mac(*sources.link.mac);
    network.address = address;
    network.host_name = sources.config.host_name;
    network.boot_server = sources.config.server;
    append_servers(network.name_servers, sources.network.name_servers);
    append_servers(network.name_servers, sources.config.name_servers);
    append_servers(network.time_servers, sources.config.time_servers);
    return setup;
}

}  // namespace

Setup setup_of_lease(const SetupSources& sources, const protocol::dhcp4::Lease& lease) {
    Setup setup = begin(sources, {.address = lease.address, .length_bits = lease.length_bits});
    if (lease.broadcast != 0) setup.address.broadcast = lease.broadcast;
    if (setup.mtu_bytes == 0) setup.mtu_bytes = lease.mtu_bytes;

    // Routes on the link first: gateways of the others may lie behind them.
    for (const bool behind_gateway : {false, true}) {
        for (const auto& route : lease.routes) {
            if ((route.gateway != 0) != behind_gateway) continue;
            add_route(setup, {.destination = route.destination,
                              .length_bits = route.length_bits,
                              .gateway = route.gateway});
        }
    }

    add_static_routes(setup, sources);

    Network& network = setup.network;
    if (sources.network.peer_dns) append_servers(network.name_servers, lease.name_servers);
    if (network.host_name.empty()) network.host_name = lease.host_name;
    network.domain = lease.domain_name;
    if (sources.network.peer_dns) {
        network.search = lease.search;
        if (network.search.empty() && !network.domain.empty()) network.search = {network.domain};
    }
    append_servers(network.time_servers, lease.time_servers);
    if (!network.boot_server && lease.next_server != 0) network.boot_server = lease.next_server;
    network.dhcp_server = lease.server;
    network.lease_seconds = lease.lease_seconds;
    network.root_path = lease.root_path;
    network.lease = lease;
    network.client_id = sources.config.client_id;
    network.asked_host_name = sources.config.host_name;
    return setup;
}

Result<Setup> setup_of_config(const SetupSources& sources) {
    const config::InterfaceConfig& config = sources.config;
    if (!config.address || !base::is_ipv4_host(config.address->address)) {
        return fail("network", sources.link.name, "ip= gives no address for it");
    }
    Setup setup = begin(sources, *config.address);
    if (config.gateway) add_route(setup, {.gateway = *config.gateway});
    add_static_routes(setup, sources);
    return setup;
}

}  // namespace nbdroot::agent::network
