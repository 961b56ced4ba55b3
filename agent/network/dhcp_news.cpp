#include "agent/network/dhcp_news.h"

#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/protocol/dhcp4/schedule.h"

namespace nbdroot::agent::network {

namespace dhcp4 = protocol::dhcp4;
using dhcp4::State;

namespace {

constexpr std::int64_t kMinutesFrom = 600;  // seconds

std::string left_text(const dhcp4::Lease& lease, Instant now) {
    const auto times = dhcp4::times_of(lease);
    if (!times) return "for ever";
    const auto seconds = (times->end - now).count() / 1000;
    return seconds < kMinutesFrom ? cat(seconds, " s left") : cat(seconds / 60, " min left");
}

}  // namespace

// A NAK has said so itself, and leads to init.
std::optional<DhcpNews> news_of(const dhcp4::Client& client, State before, std::string_view trouble,
                                Instant now) {
    const State state = client.state();
    if (!dhcp4::has_lease(before) || state == before) return std::nullopt;
    const dhcp4::Lease& lease = client.lease();
    const std::string lease_text = cat("the lease of ", base::format_ipv4(lease.address));
    const std::string server = cat("server ", base::format_ipv4(lease.server));
    switch (state) {
        case State::rebinding: {
            const std::string why = trouble.empty() ? std::string() : cat(" (", trouble, ")");
            return DhcpNews{Level::warning, cat(server, " does not renew ", lease_text, why, ", ",
                                                left_text(lease, now), "; asking every server")};
        }
        case State::bound:
            if (before != State::rebinding) return std::nullopt;
            return DhcpNews{Level::info, cat(lease_text, " is good again, ", server)};
        case State::selecting:
            return DhcpNews{
                Level::warning,
                cat(lease_text, " has ended; asking for another, the address stays meanwhile")};
        default:
            return std::nullopt;
    }
}

std::string status_of(const dhcp4::Client& client) {
    const State state = client.state();
    if (dhcp4::has_lease(state)) {
        return cat("lease of ", base::format_ipv4(client.lease().address), ", ",
                   dhcp4::name_of(state));
    }
    if (state == State::checking) return "looking whether somebody has the address";
    const unsigned sent = client.messages_sent();
    return cat("no DHCP answer", state == State::requesting ? " to the request" : "", ", ", sent,
               sent == 1 ? " message sent" : " messages sent");
}

}  // namespace nbdroot::agent::network
