#include "agent/network/network.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/protocol/dhcp4/lease.h"

namespace nbdroot::agent::network {
namespace {

std::string lease_text(std::uint32_t seconds) {
    if (seconds == protocol::dhcp4::kForEver) return "lease for ever";
    if (seconds % 3600 == 0) return cat("lease ", seconds / 3600, " h");
    if (seconds % 60 == 0) return cat("lease ", seconds / 60, " min");
    return cat("lease ", seconds, " s");
}

}  // namespace

std::string describe(const Network& network) {
    if (network.interface_index == 0) return "network left alone, no interface has an address";
    std::string line =
        cat("network ", network.interface_name, ' ', base::format_ipv4(network.address.address),
            '/', network.address.length_bits);
    if (network.gateway) line += cat(" via ", base::format_ipv4(*network.gateway));
    if (network.dhcp_server) {
        line += cat(" (dhcp ", base::format_ipv4(*network.dhcp_server), ", ",
                    lease_text(network.lease_seconds), ")");
    } else {
        line += " (static)";
    }
    return line;
}

}  // namespace nbdroot::agent::network
