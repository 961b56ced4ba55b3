// usage: network_probe [--KEY VALUE]...
// Brings up the network of this namespace the way the agent does and prints what came of it, one
// "key value" a line, after the line that the agent logs. Keys: device, method (dhcp, fixed, none),
// address, length, gateway, mtu, host-name, client-id, boot-mac, arp-check, give-up (ms), cmdline,
// no-network (1), keep, renew-after (s: instead of the T1 of the first lease). The log goes to
// standard error. With cmdline (a kernel command line, instead of the keys before) the interface
// that reaches its server wins, without one the first that has an address; "connected" says which
// server. With no-network too the network is as it is, and only names are looked up. With keep
// (interface: what was brought up; lease: that, and its lease; nothing: only watch) it does not end
// then, but keeps the network and prints "back" whenever the agent would try to connect, "replaced"
// where it must connect anew. Exit 0: up; 1: the last line of standard error says why not.
#include <algorithm>
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "agent/attach/reach.h"
#include "agent/config/parse.h"
#include "agent/network/bring_up.h"
#include "agent/network/keeper.h"
#include "agent/network/lease_keeper.h"
#include "agent/servers.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/io/loop.h"
#include "lib/sys/clock.h"

namespace {

using namespace nbdroot;
using agent::config::InterfaceConfig;
using agent::network::HeldLease;
using agent::network::LeaseKeeper;
using agent::network::NetworkKeeper;

struct Arguments {
    InterfaceConfig interface;
    std::string boot_mac;
    std::optional<Duration> give_up;
    std::string keep;
    std::string command_line;
    bool arp_check = false;
    bool no_network = false;
    std::uint32_t renew_after_seconds = 0;
};

InterfaceConfig::Method method_of(std::string_view word) {
    if (word == "fixed") return InterfaceConfig::Method::fixed;
    if (word == "none") return InterfaceConfig::Method::none;
    return InterfaceConfig::Method::dhcp;
}

std::uint32_t number(const std::string& text) {
    return static_cast<std::uint32_t>(base::parse_decimal(text, UINT32_MAX).value_or(0));
}

bool parse(int count, char** words, Arguments& arguments) {
    InterfaceConfig& interface = arguments.interface;
    agent::config::Ipv4Prefix address;
    const std::map<std::string, std::function<void(const std::string&)>> keys = {
        {"--device", [&](const std::string& value) { interface.device = value; }},
        {"--method", [&](const std::string& value) { interface.method = method_of(value); }},
        {"--address",
         [&](const std::string& value) { address.address = base::parse_ipv4(value).value_or(0); }},
        {"--length",
         [&](const std::string& value) {
             address.length_bits = static_cast<std::uint8_t>(number(value));
         }},
        {"--gateway",
         [&](const std::string& value) { interface.gateway = base::parse_ipv4(value); }},
        {"--mtu", [&](const std::string& value) { interface.mtu_bytes = number(value); }},
        {"--host-name", [&](const std::string& value) { interface.host_name = value; }},
        {"--client-id", [&](const std::string& value) { interface.client_id = value; }},
        {"--boot-mac", [&](const std::string& value) { arguments.boot_mac = value; }},
        {"--cmdline", [&](const std::string& value) { arguments.command_line = value; }},
        {"--keep", [&](const std::string& value) { arguments.keep = value; }},
        {"--arp-check", [&](const std::string& value) { arguments.arp_check = value == "1"; }},
        {"--no-network", [&](const std::string& value) { arguments.no_network = value == "1"; }},
        {"--renew-after",
         [&](const std::string& value) { arguments.renew_after_seconds = number(value); }},
        {"--give-up",
         [&](const std::string& value) { arguments.give_up = Duration(number(value)); }},
    };
    for (int i = 1; i + 1 < count; i += 2) {
        const auto key = keys.find(words[i]);
        if (key == keys.end()) return false;
        key->second(words[i + 1]);
    }
    if (address.address != 0) interface.address = address;
    return count % 2 == 1;
}

void print(const agent::network::Network& network) {
    std::printf("%s\n", agent::network::describe(network).c_str());
    std::printf("index %d\nmac %s\n", network.interface_index, network.mac.c_str());
    std::printf("host-name %s\nroot-path %s\nlease %u\n", network.host_name.c_str(),
                network.root_path.c_str(), network.lease_seconds);
    std::printf("domain %s\n", network.domain.c_str());
    for (const std::string& domain : network.search) std::printf("search %s\n", domain.c_str());
    for (const std::uint32_t server : network.time_servers) {
        std::printf("time-server %s\n", base::format_ipv4(server).c_str());
    }
    for (const std::uint32_t server : network.name_servers) {
        std::printf("name-server %s\n", base::format_ipv4(server).c_str());
    }
}

protocol::dhcp4::ClientOptions options_of(const Arguments& arguments,
                                          const agent::network::Network& network) {
    return {.mac = network.kept.mac.value_or(Mac{}),
            .host_name = arguments.interface.host_name,
            .client_id = arguments.interface.client_id,
            .checks_address = arguments.arp_check};
}

// The first interface with an address wins.
Result<agent::network::Network> bring_up(io::Loop& loop, const Arguments& arguments,
                                         std::optional<Instant> give_up_at, const Log& log) {
    agent::config::NetworkConfig config;
    config.interfaces = {arguments.interface};
    config.boot_mac = arguments.boot_mac;
    config.arp_check = arguments.arp_check;
    const auto uplinks =
        NBDROOT_TRY(agent::network::Uplinks::start(loop, {.network = config}, log));
    NBDROOT_CHECK(agent::network::wait_for_first(loop, *uplinks, give_up_at));
    return uplinks->settle(uplinks->up().front().id);
}

bool has_dhcp(const agent::config::BootConfig& config) {
    return std::any_of(config.targets.begin(), config.targets.end(), [](const auto& target) {
        return target.kind == agent::config::Target::Kind::dhcp;
    });
}

Result<std::unique_ptr<agent::network::Uplinks>> start(io::Loop& loop,
                                                       const agent::config::BootConfig& config,
                                                       bool no_network, const Log& log) {
    if (!no_network) {
        return agent::network::Uplinks::start(
            loop, {.network = config.network, .wants_root_path = has_dhcp(config)}, log);
    }
    agent::network::Network network;
    network.name_servers = config.network.name_servers;
    return agent::network::Uplinks::of_others(loop, std::move(network), log);
}

// The one that reaches SERVER wins.
Result<agent::network::Network> reach(io::Loop& loop, const Arguments& arguments,
                                      std::optional<Instant> give_up_at, const Log& log,
                                      std::string& server) {
    const auto config = NBDROOT_TRY(agent::config::parse_command_line(arguments.command_line));
    const auto uplinks = NBDROOT_TRY(start(loop, config, arguments.no_network, log));
    NBDROOT_CHECK(agent::network::wait_for_first(loop, *uplinks, give_up_at));
    const auto reached = NBDROOT_TRY(agent::attach::reach(
        loop, *uplinks, log,
        {.targets_of =
             [&](const auto& network) {
                 return agent::choose_servers(config.targets, network, {}, log);
             },
         .give_up_at = give_up_at,
         .limits = {}}));
    server = agent::attach::describe(reached->connection.server);
    return std::move(reached->network);
}

int keep(io::Loop& loop, const Arguments& arguments, const agent::network::Network& network,
         const Log& log) {
    const bool keeps = arguments.keep != "nothing";
    std::unique_ptr<LeaseKeeper> lease;
    NetworkKeeper keeper(loop, keeps ? network.kept : agent::network::Kept{}, log,
                         {.back = [] { std::printf("back\n"); },
                          .address =
                              [&](std::uint32_t seconds) {
                                  if (lease) lease->on_address(seconds);
                              },
                          .moved =
                              [&] {
                                  if (lease) lease->on_moved();
                              },
                          .replaced = [] { std::printf("replaced\n"); }});
    if (arguments.keep == "lease" && network.lease) {
        auto held = *network.lease;
        if (arguments.renew_after_seconds != 0) {
            held.renewal_seconds = arguments.renew_after_seconds;
        }
        lease = std::make_unique<LeaseKeeper>(
            loop, log, keeper, HeldLease{.lease = held, .options = options_of(arguments, network)},
            [](ByteView message, Instant) { std::printf("ack %zu\n", message.size()); });
    }
    std::printf("keeping %d\n", keeps ? network.kept.interface_index : 0);
    return loop.run() ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
    Arguments arguments;
    if (!parse(count, words, arguments)) {
        std::fprintf(stderr, "usage: network_probe [--KEY VALUE]...\n");
        return 2;
    }
    const Log log(Level::debug, [](Level, std::string_view line) {
        std::fprintf(stderr, "%.*s\n", static_cast<int>(line.size()), line.data());
    });
    (void)std::setvbuf(stdout, nullptr, _IOLBF, 0);
    auto loop = io::make_epoll_loop();
    if (!loop) return 1;
    std::optional<Instant> give_up_at;
    if (arguments.give_up) give_up_at = sys::now() + *arguments.give_up;
    std::string server;
    const auto network = arguments.command_line.empty()
                             ? bring_up(**loop, arguments, give_up_at, log)
                             : reach(**loop, arguments, give_up_at, log, server);
    if (!network) {
        std::fprintf(stderr, "%s\n", network.error().message().c_str());
        return 1;
    }
    print(*network);
    if (!server.empty()) std::printf("connected %s\n", server.c_str());
    return arguments.keep.empty() ? 0 : keep(**loop, arguments, *network, log);
}
