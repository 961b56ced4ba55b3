#include "agent/servers.h"

#include <optional>

#include "agent/config/parse.h"
#include "lib/base/text.h"

namespace nbdroot::agent {
namespace {

constexpr std::size_t kRootPathShown = 128;

Result<config::Target> from_dhcp(const network::Network* network) {
    if (network == nullptr || !network->dhcp_server) {
        return fail("find a server", "nbdroot=dhcp",
                    "the network was not configured by DHCP here; write nbdroot=HOST:PORT");
    }
    if (network->root_path.empty()) {
        return fail("find a server", "nbdroot=dhcp",
                    "the DHCP server gave no root-path (option 17); set it there, or write "
                    "nbdroot=HOST:PORT");
    }
    auto target = config::parse_target(network->root_path);
    const std::string shown = base::printable(network->root_path, kRootPathShown);
    if (!target) {
        return fail("find a server", cat("root-path '", shown, "' of DHCP"),
                    target.error().message());
    }
    if (target->kind == config::Target::Kind::dhcp) {
        return fail("find a server", cat("root-path '", shown, "' of DHCP"), "names no server");
    }
    return target;
}

}  // namespace

Result<std::vector<config::Target>> choose_servers(const std::vector<config::Target>& targets,
                                                   const network::Network* network,
                                                   const Log& log) {
    std::vector<config::Target> servers;
    std::optional<Error> failure;
    for (const config::Target& target : targets) {
        if (target.kind == config::Target::Kind::server) {
            servers.push_back(target);
        } else if (auto named = from_dhcp(network)) {
            servers.push_back(std::move(*named));
        } else {
            failure = std::move(named).error();
        }
    }
    if (!failure) return servers;
    if (servers.empty()) return fail(*failure);
    log.warning(failure->message() + "; going on with the other servers");
    return servers;
}

}  // namespace nbdroot::agent
