#include "agent/config/static_route.h"

#include "agent/config/host.h"
#include "agent/config/refuse.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

constexpr std::string_view kForm = "takes NET/LENGTH:GATEWAY[:DEVICE] or NET/LENGTH::DEVICE";

// Without a length it is a host, as for ip(8).
Result<Ipv4Prefix> parse_destination(std::string_view text, std::vector<std::string>& notes) {
    const std::size_t slash = text.find('/');
    const auto address = base::parse_ipv4(text.substr(0, slash));
    const auto length_bits = slash == std::string_view::npos
                                 ? std::uint8_t{32}
                                 : base::parse_ipv4_mask(text.substr(slash + 1));
    if (!address || !length_bits) {
        return refuse(cat("destination ", quoted(text), " is not like 10.0.0.0/8"));
    }
    const std::uint32_t network = *address & base::ipv4_mask(*length_bits);
    if (network != *address) {
        notes.push_back(cat("rd.route=: ", text, " is taken as ", base::format_ipv4(network), '/',
                            *length_bits));
    }
    return Ipv4Prefix{.address = network, .length_bits = *length_bits};
}

}  // namespace

Result<StaticRoute> parse_static_route(std::string_view text, std::vector<std::string>& notes) {
    const auto fields = base::split(text, ':');
    if (fields.size() < 2 || fields.size() > 3) return refuse(kForm);
    StaticRoute route;
    route.destination = NBDROOT_TRY(parse_destination(fields[0], notes));
    if (!fields[1].empty()) {
        const auto gateway = base::parse_ipv4(fields[1]);
        if (!gateway || !base::is_ipv4_host(*gateway)) {
            return refuse(cat("gateway ", quoted(fields[1]), " is no machine's IPv4 address"));
        }
        route.gateway = gateway;
    }
    if (fields.size() == 3 && !fields[2].empty()) {
        if (!is_interface_name(fields[2])) {
            return refuse(cat(quoted(fields[2]), " is no interface name"));
        }
        route.device = fields[2];
    }
    if (!route.gateway && route.device.empty()) return refuse(kForm);
    return route;
}

}  // namespace nbdroot::agent::config
