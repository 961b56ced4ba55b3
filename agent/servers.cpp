#include "agent/servers.h"

#include "agent/config/expand.h"
#include "agent/config/parse.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent {
namespace {

constexpr std::size_t kRootPathShown = 128;

Result<config::Target> from_dhcp(const network::Network& network) {
    if (!network.dhcp_server) {
        return fail("find a server", "nbdroot=dhcp",
                    "the network was not configured by DHCP here; write nbdroot=HOST:PORT");
    }
    if (network.root_path.empty()) {
        return fail("find a server", "nbdroot=dhcp",
                    "the DHCP server gave no root-path (option 17); set it there, or write "
                    "nbdroot=HOST:PORT");
    }
    auto target = config::parse_target(network.root_path);
    const std::string shown = base::printable(network.root_path, kRootPathShown);
    if (!target) {
        return fail("find a server", cat("root-path '", shown, "' of DHCP"),
                    target.error().message());
    }
    if (target->kind == config::Target::Kind::dhcp) {
        return fail("find a server", cat("root-path '", shown, "' of DHCP"), "names no server");
    }
    return target;
}

config::Identity identify(const network::Network& network, const Hardware& hardware) {
    const std::uint32_t address = network.address.address;
    return {.mac = network.mac,
            .host_name = network.host_name,
            .system_uuid = hardware.system_uuid,
            .serial = hardware.serial,
            .address = address != 0 ? base::format_ipv4(address) : std::string()};
}

Result<config::Target> complete(const config::Target& target, const network::Network& network,
                                const config::Identity& identity) {
    const bool is_named = target.kind == config::Target::Kind::server;
    config::Target server = is_named ? target : NBDROOT_TRY(from_dhcp(network));
    server.export_name = NBDROOT_TRY(config::expand_export(server.export_name, identity));
    return server;
}

}  // namespace

Result<std::vector<config::Target>> choose_servers(const std::vector<config::Target>& targets,
                                                   const network::Network& network,
                                                   const Hardware& hardware, const Log& log) {
    const config::Identity identity = identify(network, hardware);
    std::vector<config::Target> servers;
    std::vector<Error> errors;
    for (const config::Target& target : targets) {
        if (auto server = complete(target, network, identity)) {
            servers.push_back(std::move(*server));
        } else {
            errors.push_back(std::move(server).error());
        }
    }
    if (servers.empty() && !errors.empty()) return fail(errors.front());
    for (const Error& error : errors) log.warning(error.message() + "; going on without it");
    return servers;
}

}  // namespace nbdroot::agent
