#include "agent/resident/status.h"

#include "agent/resident/request.h"
#include "agent/resident/server_choice.h"
#include "lib/base/json.h"
#include "lib/protocol/nbd/canonical_name.h"
#include "lib/protocol/nbd/names.h"

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

// All that this boot was given, as choose_server() numbers them.
void write_servers(base::JsonWriter& json, const Plan& plan) {
    json.key("servers");
    json.begin_array();
    std::size_t number = 0;
    for (const std::string& name : server_names(plan)) {
        json.begin_object();
        json.member("number", ++number);
        json.member("server", name);
        json.member("usable", number <= plan.servers.size());
        json.end_object();
    }
    json.end_array();
}

// For connections beside it.
void write_address(base::JsonWriter& json, const attach::Server& server) {
    const std::string& host = server.target.host;
    const bool has_scope = host.find('%') != std::string::npos;
    json.member("host", has_scope ? host : sys::spell_host(server.address));
    json.member("port", server.target.port);
    json.member("export", server.target.export_name);
}

void write_identity(base::JsonWriter& json, const Status& status) {
    const attach::Identity& identity = status.identity;
    const auto name = protocol::nbd::parse_canonical_name(identity.canonical_name);
    if (name) json.member("image_id", name->image_id);
    json.key("server_software");
    if (status.server_software.empty()) {
        json.null();
    } else {
        json.value(status.server_software);
    }
    json.key("flags");
    json.begin_array();
    for (const auto flag : protocol::nbd::transmission_flag_names(identity.transmission_flags)) {
        json.value(flag);
    }
    json.end_array();
}

void write_operators(base::JsonWriter& json, const Status& status) {
    json.member("connected_at_ms", status.report.connected_at.time_since_epoch().count());
    if (status.round_trip_us) json.member("rtt_us", *status.round_trip_us);
    json.member("timeout_s", status.timeout_seconds);
    json.member("log", name_of(status.log_level));
    json.member("info", status.info);
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
    write_address(json, plan.servers[report.server]);
    json.member("name", status.identity.canonical_name);
    json.member("size_bytes", status.identity.size_bytes);
    write_identity(json, status);
    write_servers(json, plan);
    write_operators(json, status);
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
