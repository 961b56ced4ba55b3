#include "agent/resident/reconnect_options.h"

#include <algorithm>
#include <optional>

#include "agent/resident/notes.h"
#include "lib/sys/random.h"
#include "lib/sys/stream.h"

namespace nbdroot::agent::resident {
namespace {

using config::LostPolicy;

std::optional<Duration> policy_time(const LostPolicy& policy, LostPolicy::Action action) {
    if (policy.action != action) return std::nullopt;
    return std::chrono::seconds(policy.seconds);
}

std::optional<Duration> seconds_or_never(std::uint32_t seconds) {
    if (seconds == 0) return std::nullopt;
    return std::chrono::seconds(seconds);
}

}  // namespace

Reconnect::Options reconnect_options(const Plan& plan, const Held& held) {
    const bool boot_is_over = !held.boot || sys::is_hung_up(held.boot.get());
    const Notes notes(held.notes.bytes());
    const std::size_t connected_to = notes.server().value_or(plan.connected_to);
    Reconnect::Options options{.connected_to = std::min(connected_to, plan.servers.size() - 1),
                               .seed = sys::random_u32(),
                               .reboot_after = policy_time(plan.lost, LostPolicy::Action::reboot),
                               .fail_after = policy_time(plan.lost, LostPolicy::Action::error),
                               .give_up_at = boot_is_over ? std::nullopt : plan.give_up_at,
                               .end_after = seconds_or_never(plan.shutdown_timeout_seconds),
                               .ending = notes.ending(),
                               .reconnects = notes.reconnects(),
                               .longest_outage = notes.longest_outage()};
    for (const attach::Server& server : plan.servers) {
        options.servers.push_back(attach::describe(server.target));
    }
    return options;
}

}  // namespace nbdroot::agent::resident
