#include "agent/handover/networkd.h"

#include "agent/handover/words.h"
#include "lib/base/text.h"

namespace nbdroot::agent::handover {
namespace {

constexpr std::string_view kHead =
    "# Written by nbdroot-agent: the root file system lies behind this interface, and the agent's\n"
    "# resident process keeps its address. A file of this name in /etc/systemd/network replaces\n"
    "# this one, drop-ins in /etc/systemd/network/00-nbdroot.network.d add to it.\n"
    "[Match]\n";

// What lies over the interface may have its MAC. A "!" is for the whole list. Neither a type nor
// "no kind": a port of a switch chip, a USB gadget or a veth has one of its own.
constexpr std::string_view kNoOthers =
    "Kind=!bridge bond team vlan macvlan macvtap ipvlan ipvtap vrf\n";

// ConfigureWithoutCarrier= has it not wait for a router's IPv6 advertisement before it calls the
// interface configured, which network-online.target waits for.
constexpr std::string_view kKeep =
    "\n"
    "[Network]\n"
    "DHCP=no\n"
    "KeepConfiguration=yes\n"
    "ConfigureWithoutCarrier=yes\n"
    "IgnoreCarrierLoss=yes\n";

void add(std::string& text, std::string_view key, std::string_view value) {
    if (!value.empty()) text += cat(key, '=', value, '\n');
}

}  // namespace

std::string networkd_file(const network::Network& network) {
    std::string text(kHead);
    if (network.mac.empty()) {
        add(text, "Name", network.interface_name);
    } else {
        add(text, "MACAddress", network.mac);
        text += kNoOthers;
    }
    text += kKeep;
    add(text, "DNS", join_addresses(network.name_servers));
    std::string domains;
    for (const std::string& domain : search_list(network)) {
        domains += cat(domains.empty() ? "" : " ", domain);
    }
    add(text, "Domains", domains);
    add(text, "NTP", join_addresses(network.time_servers));
    return text;
}

}  // namespace nbdroot::agent::handover
