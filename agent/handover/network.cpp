#include "agent/handover/network.h"

#include <algorithm>
#include <array>
#include <utility>

#include "agent/handover/dhcpcd.h"
#include "agent/handover/ifupdown.h"
#include "agent/handover/ipconfig.h"
#include "agent/handover/networkd.h"
#include "agent/handover/networkmanager.h"
#include "agent/handover/own_names.h"
#include "agent/handover/resolver_files.h"
#include "agent/handover/run_files.h"
#include "agent/handover/udev.h"
#include "agent/handover/words.h"
#include "agent/network/candidates.h"
#include "agent/network/name_service.h"
#include "agent/network/route_socket.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/host_name.h"

namespace nbdroot::agent::handover {
namespace {

constexpr const char* kHostNameFile = "/etc/hostname";
constexpr mode_t kForRootAlone = 0600;  // else NetworkManager does not read a connection
constexpr const char* kResolvConf = "/etc/resolv.conf";

Result<void> tell_networkd(const NetworkHandOver& order) {
    if (!is_kept(order.network)) return {};
    return write_run_file(kNetworkdFile, networkd_file(order.network));
}

Result<void> tell_networkmanager(const NetworkHandOver& order) {
    const network::Network& network = order.network;
    if (!is_kept(network)) return {};
    NBDROOT_CHECK(write_run_file(kNetworkManagerConfig, networkmanager_config(network)));
    NBDROOT_CHECK(write_run_file(kNetworkManagerConnection, networkmanager_connection(network),
                                 kForRootAlone));
    return write_run_file(networkmanager_state_path(network), networkmanager_state(network));
}

Result<void> tell_udev(const NetworkHandOver& order) {
    const auto release = sys::read_text_file("/proc/sys/kernel/osrelease");
    if (order.network.mac.empty() || !release || can_rename_while_up(*release)) return {};
    return write_run_file(kUdevFile, udev_rules(order.network));
}

std::vector<std::string> names_of(const network::Network& network) {
    return possible_names(read_place(network.interface_name, network.mac));
}

Result<void> tell_ifupdown(const NetworkHandOver& order) {
    if (!is_kept(order.network)) return {};
    return cover_interfaces(order.root, names_of(order.network));
}

Result<void> tell_dhcpcd(const NetworkHandOver& order) {
    if (!is_kept(order.network)) return {};
    const auto own = sys::read_text_in_root(order.root, kDhcpcdFile);
    if (!own && own.error().code == ENOENT) return {};
    if (!own) return fail(own.error());
    return cover_file(order.root, kDhcpcdFile, dhcpcd_file(*own, names_of(order.network)),
                      sys::Cover::read_only);
}

Result<void> write_ipconfig(const network::Network& network) {
    const std::int64_t uptime_ms = sys::now().time_since_epoch().count();
    return write_run_file(cat("/run/net-", network.interface_name, ".conf"),
                          ipconfig_file(network, static_cast<std::uint64_t>(uptime_ms / 1000)));
}

// One that is there says more than a second process knows.
Result<void> tell_ipconfig(const NetworkHandOver& order) {
    const std::string path = cat("/run/net-", order.network.interface_name, ".conf");
    return sys::path_exists(path) ? Result<void>() : write_ipconfig(order.network);
}

bool knows_names(const network::Network& network) {
    return !network.name_servers.empty() || !search_list(network).empty();
}

Result<void> tell_resolved(const NetworkHandOver& order) {
    if (!knows_names(order.network)) return {};
    return write_run_file(kResolvedFile, resolved_file(order.network));
}

// Where /etc/resolv.conf leads to if it is a link; else nothing.
std::string target_of_resolv_conf(const std::string& root) {
    const auto link = sys::read_link(root + kResolvConf);
    return link ? follow_link("/etc", *link) : std::string();
}

// By a file of its own, not by what somebody writes below /run: a resolver of its own, or servers
// that its admin has chosen.
bool has_own_servers(const std::string& root) {
    if (target_of_resolv_conf(root).starts_with("/run/")) return false;
    const auto text = sys::read_text_in_root(root, kResolvConf);
    return text && names_server(*text);
}

// A link into /run is somebody's who writes there once he runs; until then, or where he never
// does, it leads to our file. systemd-resolved has been told already, and wants its folder alone.
Result<void> tell_resolv_conf(const NetworkHandOver& order) {
    if (!knows_names(order.network)) return {};
    const std::string text = resolv_conf(order.network);
    const std::string target = target_of_resolv_conf(order.root);
    if (target.starts_with("/run/systemd/resolve/") || has_own_servers(order.root)) return {};
    if (target.starts_with("/run/")) return write_run_file(target, text);
    return cover_file(order.root, kResolvConf, text, sys::Cover::writable);
}

// DHCP's name is for a system that has none of its own: systemd, busybox and sysvinit all prefer
// /etc/hostname to what is set. A name that the command line gives is meant for this machine.
Result<void> tell_host_name(const NetworkHandOver& order) {
    const std::string name(machine_name(order.network.host_name));
    if (!is_plain_word(name)) return {};
    NBDROOT_CHECK(sys::set_host_name(name));
    if (!order.host_name_is_given) return {};
    const std::string line = name + '\n';
    const auto own = sys::read_text_in_root(order.root, kHostNameFile);
    if (own && *own == line) return {};
    return cover_file(order.root, kHostNameFile, line, sys::Cover::writable);
}

struct Step {
    Result<void> (*tell)(const NetworkHandOver& order);
    const char* consequence;
};

constexpr std::array<Step, 9> kSteps = {
    {{tell_udev, "systemd-networkd may wait for another name of the interface"},
     {tell_networkd, "systemd-networkd may take the root's network away"},
     {tell_networkmanager, "NetworkManager may take the root's network away"},
     {tell_ifupdown, "ifdown may take the root's network away, and the shutdown hang"},
     {tell_dhcpcd, "dhcpcd may take the root's network away"},
     {tell_ipconfig, "programs that read it go without"},
     {tell_resolved, "names may not be found"},
     {tell_resolv_conf, "names may not be found"},
     {tell_host_name, "the machine may have another name"}}};

}  // namespace

bool is_host_name_given(const config::NetworkConfig& config, const network::Network& network) {
    return !network.host_name.empty() &&
           std::any_of(config.interfaces.begin(), config.interfaces.end(),
                       [&network](const config::InterfaceConfig& interface) {
                           return interface.host_name == network.host_name;
                       });
}

bool is_kept(const network::Network& network) {
    return network.lease || network.kept.address.address != 0;
}

void hand_over_network(const NetworkHandOver& order, const Log& log) {
    if (order.network.interface_name.empty()) return;
    if (!is_kept(order.network)) {
        log.info(cat("hand-over: the address of ", order.network.interface_name,
                     " ends with a lease that somebody else took; it is left to whoever manages "
                     "the network"));
    }
    if (knows_names(order.network) && has_own_servers(order.root)) {
        log.info("hand-over: /etc/resolv.conf of the image names servers; it stays as it is");
    }
    for (const Step& step : kSteps) {
        const auto done = step.tell(order);
        if (!done) log.warning(cat("hand-over: ", done.error().message(), "; ", step.consequence));
    }
}

void note_network(const network::Network& network, const Log& log) {
    if (network.interface_name.empty()) return;
    const auto written = write_ipconfig(network);
    if (!written) log.warning(cat("hand-over: ", written.error().message(), "; names get lost"));
}

Result<network::Network> find_network() {
    auto kernel = NBDROOT_TRY(network::RouteSocket::open());
    const network::Existing existing{.links = NBDROOT_TRY(kernel.links()),
                                     .addresses = NBDROOT_TRY(kernel.addresses()),
                                     .routes = NBDROOT_TRY(kernel.routes())};
    auto network = network::find_existing(existing, {});
    if (!network) return fail("hand over", "the network", "no interface has an address");
    network::NameService names = network::find_name_service();
    network->name_servers = std::move(names.servers);
    network->search = std::move(names.search);
    return std::move(*network);
}

}  // namespace nbdroot::agent::handover
