// The words of the network: the kernel's and dracut's.
#include <algorithm>
#include <array>
#include <utility>

#include "agent/config/draft.h"
#include "agent/config/host.h"
#include "agent/config/interface.h"
#include "agent/config/refuse.h"
#include "agent/config/static_route.h"
#include "lib/base/ipv4.h"
#include "lib/base/mac.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

void add_note(Draft& draft, std::string_view name, std::string_view value,
              std::string_view remark) {
    draft.config.notes.push_back(cat(name, '=', base::printable(value), ' ', remark));
}

// Puts ITEM behind the others, in the place of one that IS_SAME. Whether one with other words was
// there.
template <class T, class IsSame>
bool set_anew(std::vector<T>& list, T item, IsSame is_same) {
    const auto same = std::find_if(list.begin(), list.end(), is_same);
    bool changed = false;
    if (same != list.end()) {
        changed = *same != item;
        list.erase(same);
    }
    list.push_back(std::move(item));
    return changed;
}

// An interface that is named again is set anew; so is "any".
Result<void> read_ip(Draft& draft, Pass& pass, std::string_view value) {
    InterfaceConfig interface = NBDROOT_TRY(parse_interface(value, draft.config.notes));
    const std::string device = interface.device;
    const bool changed =
        set_anew(pass.interfaces, std::move(interface),
                 [&](const InterfaceConfig& other) { return other.device == device; });
    if (changed) {
        add_note(draft, "ip", value,
                 cat("replaces an earlier ip= for ", device.empty() ? "any interface" : device));
    }
    return {};
}

Result<void> read_nameserver(Draft& draft, Pass& pass, std::string_view value) {
    if (value.find(':') != std::string_view::npos) {
        add_note(draft, "nameserver", value, "has no effect: IPv4 only");
        return {};
    }
    const auto address = base::parse_ipv4(value);
    if (!address) return refuse(cat(quoted(value), " is not an IPv4 address"));
    pass.name_servers.push_back(*address);
    return {};
}

Result<void> read_route(Draft& draft, Pass& pass, std::string_view value) {
    if (value.starts_with('[')) {
        add_note(draft, "rd.route", value, "has no effect: IPv4 only");
        return {};
    }
    StaticRoute route = NBDROOT_TRY(parse_static_route(value, draft.config.notes));
    const StaticRoute key = route;
    const bool changed = set_anew(pass.routes, std::move(route), [&](const StaticRoute& other) {
        return other.destination == key.destination && other.device == key.device;
    });
    if (changed) add_note(draft, "rd.route", value, "replaces an earlier one to the same network");
    return {};
}

Result<void> read_ifname(Draft&, Pass& pass, std::string_view value) {
    const std::size_t colon = value.find(':');
    const std::string_view name = value.substr(0, colon);
    const auto mac =
        colon == std::string_view::npos ? std::nullopt : base::parse_mac(value.substr(colon + 1));
    if (!is_interface_name(name) || !mac || !base::is_card_mac(*mac)) {
        return refuse("takes NAME:MAC, as in bootnet:52:54:00:12:34:56");
    }
    for (const NamedInterface& other : pass.names) {
        if ((other.mac == *mac) == (other.name == name)) continue;
        return refuse(other.name == name
                          ? cat(name, " is the name of ", base::format_mac(other.mac), " already")
                          : cat(base::format_mac(*mac), " is called ", other.name, " already"));
    }
    set_anew(pass.names, NamedInterface{.name = std::string(name), .mac = *mac},
             [&](const NamedInterface& other) { return other.mac == *mac; });
    return {};
}

Result<void> read_bootdev(Draft& draft, Pass&, std::string_view value) {
    if (!is_interface_name(value)) return refuse(cat(quoted(value), " is no interface name"));
    draft.config.network.boot_device = value;
    return {};
}

Result<void> read_bootif(Draft& draft, Pass&, std::string_view value) {
    const BootMac boot = parse_boot_mac(value);
    draft.config.network.boot_mac = boot.mac;
    if (boot.mac.empty()) add_note(draft, "BOOTIF", value, cat(boot.reason, ", no effect"));
    return {};
}

// As dracut's getargbool.
bool is_no(std::string_view value) { return value == "0" || value == "no" || value == "off"; }

Result<void> read_rd_bootif(Draft& draft, Pass&, std::string_view value) {
    draft.ignore_boot_mac = is_no(value);
    return {};
}

Result<void> read_peerdns(Draft& draft, Pass&, std::string_view value) {
    draft.config.network.peer_dns = !is_no(value);
    return {};
}

template <const std::string_view& name>
Result<void> read_unsupported(Draft& draft, Pass&, std::string_view value) {
    add_note(draft, name, value, "is not supported and has no effect");
    return {};
}

constexpr std::string_view kVlan = "vlan";
constexpr std::string_view kBond = "bond";
constexpr std::string_view kBridge = "bridge";
constexpr std::string_view kTeam = "team";
constexpr std::string_view kClass = "dhcpclass";

constexpr std::array kParameters{
    Parameter{"ip", read_ip},
    Parameter{"nfsaddrs", read_ip},
    Parameter{"nameserver", read_nameserver},
    Parameter{"rd.route", read_route},
    Parameter{"ifname", read_ifname},
    Parameter{"bootdev", read_bootdev},
    Parameter{"BOOTIF", read_bootif},
    Parameter{"rd.bootif", read_rd_bootif},
    Parameter{"rd.peerdns", read_peerdns},
    Parameter{kVlan, read_unsupported<kVlan>},
    Parameter{kBond, read_unsupported<kBond>},
    Parameter{kBridge, read_unsupported<kBridge>},
    Parameter{kTeam, read_unsupported<kTeam>},
    Parameter{kClass, read_unsupported<kClass>},
};

}  // namespace

std::span<const Parameter> network_parameters() { return kParameters; }

bool is_network_patience(std::string_view name) {
    return name.starts_with("rd.net.timeout.") || name == "rd.net.dhcp.retry";
}

}  // namespace nbdroot::agent::config
