#include "agent/handover/networkmanager.h"

#include "agent/handover/words.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent::handover {
namespace {

constexpr std::string_view kHead =
    "# Written by nbdroot-agent: the root file system lies behind this interface, and the agent's\n"
    "# resident process keeps its address.\n";

// The same for each boot of this machine, so that what its user sets for the connection stays.
std::string uuid_of(const network::Network& network) {
    std::string digits;
    for (const char one : network.mac) {
        if (one != ':') digits += one;
    }
    digits.resize(12, '0');
    return cat("6e626472-6f6f-4000-8000-", digits);
}

void add(std::string& text, std::string_view key, std::string_view value) {
    if (!value.empty()) text += cat(key, '=', value, '\n');
}

// A list of a keyfile ends each element with a semicolon.
std::string addresses(const std::vector<std::uint32_t>& list) {
    std::string text;
    for (const std::uint32_t address : list) text += cat(base::format_ipv4(address), ';');
    return text;
}

std::string domains(const network::Network& network) {
    std::string text;
    for (const std::string& domain : search_list(network)) text += cat(domain, ';');
    return text;
}

std::string match(const network::Network& network) {
    return network.mac.empty() ? cat("interface-name:=", network.interface_name)
                               : cat("mac:", network.mac);
}

void add_routes(std::string& text, const network::Network& network) {
    int number = 0;
    for (const auto& route : network.kept.routes) {
        if (route.gateway == 0 || route.length_bits == 0) continue;
        add(text, cat("route", ++number),
            cat(base::format_ipv4(route.destination), '/', route.length_bits, ',',
                base::format_ipv4(route.gateway)));
    }
}

}  // namespace

std::string networkmanager_connection(const network::Network& network) {
    std::string text(kHead);
    text += cat("[connection]\nid=nbdroot\nuuid=", uuid_of(network),
                "\ntype=ethernet\nautoconnect-priority=999\nautoconnect-retries=0\n");
    if (network.mac.empty()) {
        add(text, "interface-name", network.interface_name);
    } else {
        text += cat("\n[ethernet]\nmac-address=", network.mac, '\n');
    }
    text += "\n[ipv4]\nmethod=manual\n";
    add(text, "address1",
        cat(base::format_ipv4(network.address.address), '/', network.address.length_bits));
    if (network.gateway) add(text, "gateway", base::format_ipv4(*network.gateway));
    add_routes(text, network);
    add(text, "dns", addresses(network.name_servers));
    add(text, "dns-search", domains(network));
    text += "\n[ipv6]\nmethod=auto\n";
    return text;
}

std::string networkmanager_state_path(const network::Network& network) {
    return cat("/run/NetworkManager/devices/", network.interface_index);
}

std::string networkmanager_state(const network::Network& network) {
    return cat("[device]\nmanaged=true\nconnection-uuid=", uuid_of(network), "\nnm-owned=false\n");
}

std::string networkmanager_config(const network::Network& network) {
    return cat(kHead, "[device-nbdroot]\nmatch-device=", match(network),
               "\nignore-carrier=yes\nkeep-configuration=yes\n");
}

}  // namespace nbdroot::agent::handover
