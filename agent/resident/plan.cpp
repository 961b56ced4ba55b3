#include "agent/resident/plan.h"

#include <utility>

namespace nbdroot::agent::resident {

std::uint64_t dead_connection_timeout_seconds(const config::BootConfig& config) {
    if (config.lost.action == config::LostPolicy::Action::error) return config.lost.seconds;
    return attach::DeviceOptions::kDeadConnectionTimeoutSeconds;
}

Plan make_plan(const PlanSources& sources) {
    const attach::Device& device = sources.device;
    const config::BootConfig& config = sources.config;
    Plan plan{.identity = sources.connection.identity,
              .server_software = software_of(sources.connection),
              .device = device.name,
              .device_index = device.index,
              .backend_identifier = device.backend_identifier,
              .dead_connection_timeout_seconds = dead_connection_timeout_seconds(config),
              .by_netlink = device.mode == config::AttachMode::netlink,
              .is_relayed = device.is_relayed,
              .runner = sources.runner,
              .timeout_seconds = config.timeout_seconds,
              .lost = config.lost,
              .shutdown_timeout_seconds = config.shutdown_timeout_seconds,
              .give_up_at = sources.give_up_at,
              .has_overlay = config.overlay.tmpfs,
              .network = sources.network,
              .lease = sources.lease};
    const bool may_move = device.read_only || config.failover_writable;
    bool is_found = false;
    for (const attach::Server& server : sources.servers) {
        // A name may have several addresses: the first one is connected, the others are machines of
        // their own.
        const bool is_this = !is_found && server.target == sources.connection.server;
        is_found = is_found || is_this;
        if (!is_this && !may_move) {
            plan.barred.push_back(server);
            continue;
        }
        if (is_this) plan.connected_to = plan.servers.size();
        plan.servers.push_back(server);
    }
    return plan;
}

}  // namespace nbdroot::agent::resident
