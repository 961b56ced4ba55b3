#include "agent/handover/ipconfig.h"

#include "agent/handover/words.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent::handover {
namespace {

// Within apostrophes nothing but an apostrophe means anything. A line stays a line.
void add(std::string& text, std::string_view key, std::string_view value) {
    text += cat(key, "='");
    for (const char one : value) {
        if (one == '\'') {
            text += R"('\'')";
        } else if (static_cast<unsigned char>(one) >= ' ') {
            text += one;
        }
    }
    text += "'\n";
}

void add_address(std::string& text, std::string_view key, std::uint32_t address) {
    add(text, key, base::format_ipv4(address));
}

std::uint32_t name_server(const network::Network& network, std::size_t place) {
    return place < network.name_servers.size() ? network.name_servers[place] : 0;
}

// A /31 and a /32 have none in the kernel; ipconfig names one for them as well.
std::uint32_t broadcast(const network::Network& network, std::uint32_t mask) {
    const std::uint32_t used = network.kept.address.broadcast;
    return used != 0 ? used : network.address.address | ~mask;
}

std::string join_search(const network::Network& network) {
    std::string text;
    for (const std::string& domain : search_list(network)) {
        text += cat(text.empty() ? "" : " ", domain);
    }
    return text;
}

}  // namespace

std::string ipconfig_file(const network::Network& network, std::uint64_t uptime_seconds) {
    const std::uint32_t mask = base::ipv4_mask(network.address.length_bits);
    std::string text;
    add(text, "DEVICE", network.interface_name);
    add(text, "PROTO", network.dhcp_server ? "dhcp" : "none");
    add_address(text, "IPV4ADDR", network.address.address);
    add_address(text, "IPV4BROADCAST", broadcast(network, mask));
    add_address(text, "IPV4NETMASK", mask);
    add_address(text, "IPV4GATEWAY", network.gateway.value_or(0));
    add_address(text, "IPV4DNS0", name_server(network, 0));
    add_address(text, "IPV4DNS1", name_server(network, 1));
    add(text, "HOSTNAME", network.host_name);
    add(text, "DNSDOMAIN", network.domain);
    add(text, "NISDOMAIN", "");
    add_address(text, "ROOTSERVER", network.boot_server.value_or(0));
    add(text, "ROOTPATH", network.root_path);
    add(text, "filename", "");
    add(text, "UPTIME", cat(uptime_seconds));
    add(text, "DHCPLEASETIME", cat(network.lease_seconds));
    add(text, "DOMAINSEARCH", join_search(network));
    return text;
}

}  // namespace nbdroot::agent::handover
