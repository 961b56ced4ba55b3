#include "agent/resident/status.h"

#include "lib/base/json.h"

namespace nbdroot::agent::resident {
namespace {

void write_relay(base::JsonWriter& json, const std::optional<RelayCounters>& relay) {
    json.key("relay");
    if (!relay) return json.null();
    json.begin_object();
    json.member("in_flight", relay->in_flight);
    json.member("kept_bytes", relay->kept_bytes);
    json.member("replies", relay->replies);
    json.member("resent", relay->resent);
    json.member("failed", relay->failed);
    json.end_object();
}

void write_lease(base::JsonWriter& json, const std::optional<NetworkStatus::Lease>& lease) {
    json.key("lease");
    if (!lease) return json.null();
    json.begin_object();
    json.member("server", lease->server);
    json.member("state", lease->state);
    json.key("left_s");
    if (lease->left_seconds) {
        json.value(*lease->left_seconds);
    } else {
        json.null();
    }
    json.end_object();
}

void write_network(base::JsonWriter& json, const std::optional<NetworkStatus>& network) {
    json.key("network");
    if (!network || network->interface.empty()) return json.null();
    json.begin_object();
    json.member("interface", network->interface);
    json.member("address", network->address);
    write_lease(json, network->lease);
    json.end_object();
}

}  // namespace

std::string to_json(const Status& status) {
    const Plan& plan = status.plan;
    const Reconnect::Report& report = status.report;
    base::JsonWriter json;
    json.begin_object();
    json.member("version", NBDROOT_VERSION);
    json.member("device", "/dev/" + plan.device);
    json.member("attach", plan.by_netlink ? "netlink" : "ioctl");
    json.member("state", name_of(report.state));
    json.member("server", attach::describe(plan.servers[report.server].target));
    json.member("name", plan.identity.canonical_name);
    json.member("size_bytes", plan.identity.size_bytes);
    json.member("reconnects", report.reconnects);
    json.member("longest_outage_ms", report.longest_outage.count());
    json.key("lost_at_ms");
    if (report.lost_at) {
        json.value(report.lost_at->time_since_epoch().count());
    } else {
        json.null();
    }
    json.member("last_error", report.last_error);
    json.key("ending");
    if (report.ending) {
        json.value(base::name_of(*report.ending));
    } else {
        json.null();
    }
    json.member("shutdown_timeout_s", plan.shutdown_timeout_seconds);
    write_network(json, status.network);
    write_relay(json, status.relay);
    json.end_object();
    return json.text() + "\n";
}

}  // namespace nbdroot::agent::resident
