#include "server/control/documents.h"

#include <array>
#include <chrono>

#include "lib/base/json.h"
#include "lib/base/text.h"

namespace nbdroot::server::control {
namespace {

using base::JsonWriter;
using session::ClientView;
using session::Traffic;

std::string_view name_of(ClientView::State state) {
    constexpr std::array<std::string_view, 4> names{"handshake", "waiting", "active", "closing"};
    return names[static_cast<std::size_t>(state)];
}

std::string padded(std::uint64_t number, std::size_t digits) {
    std::string text = cat(number);
    if (text.size() < digits) text.insert(0, digits - text.size(), '0');
    return text;
}

// MOMENT minus what has passed since.
std::string calendar_text(Instant instant, const Moment& moment) {
    const auto ago = std::chrono::microseconds(moment.now - instant);
    return utc_text(moment.calendar_us - ago.count());
}

void write_traffic(JsonWriter& json, const Traffic& traffic) {
    json.member("requests", traffic.requests());
    json.member("read_bytes", traffic.read_bytes);
    json.member("written_bytes", traffic.written_bytes);
    json.member("error_replies", traffic.error_replies);
}

void write_client(JsonWriter& json, const ClientView& client, const Moment& moment) {
    json.begin_object();
    json.member("id", client.id);
    json.member("peer", client.peer);
    json.member("state", name_of(client.state));
    json.member("export", client.export_name);
    json.member("image_id", client.image_id);
    json.member("former_image", client.on_former);
    json.member("boot", client.boot_token);
    json.member("writable", client.writes);
    json.member("since", calendar_text(client.since, moment));
    json.member("age_ms", (moment.now - client.since).count());
    json.member("idle_ms", (moment.now - client.last_seen).count());
    json.member("in_flight", client.in_flight);
    write_traffic(json, client.traffic);
    json.end_object();
}

void write_export(JsonWriter& json, const ExportView& view) {
    json.begin_object();
    json.member("name", view.name);
    json.member("default", view.is_default);
    json.member("removed", view.is_removed);
    json.member("path", view.path);
    json.member("per_address", view.is_pattern);
    json.member("size_bytes", view.size_bytes);
    json.member("access", !view.is_writable ? "read-only" : view.is_shared ? "shared" : "writable");
    json.member("image_id", view.image_id);
    json.member("merkle_root", view.root.root);
    json.member("allow_list", view.has_allow_list);
    json.member("draining", view.is_draining);
    json.member("clients", view.clients);
    json.member("clients_of_older_image", view.clients_of_older_image);
    json.key("former_images");
    json.begin_array();
    for (const FormerView& one : view.former) {
        json.begin_object();
        json.member("image_id", one.image_id);
        json.member("clients", one.clients);
        json.end_object();
    }
    json.end_array();
    json.member("max_connections", view.maximum_connections);
    json.member("address_max_connections", view.maximum_connections_per_address);
    json.member("admitted", view.admitted);
    json.member("faults", view.faults);
    write_traffic(json, view.traffic);
    json.end_object();
}

void write_lines(JsonWriter& json, std::string_view name, const std::vector<std::string>& lines) {
    json.key(name);
    json.begin_array();
    for (const std::string& line : lines) json.value(line);
    json.end_array();
}

}  // namespace

std::string utc_text(std::int64_t calendar_us) {
    using namespace std::chrono;  // its names alone are longer than what is done with them
    const sys_time<seconds> time{floor<seconds>(microseconds(calendar_us))};
    const sys_days day = floor<days>(time);
    const year_month_day date{day};
    const hh_mm_ss clock{time - day};
    const auto two = [](auto count) { return padded(static_cast<std::uint64_t>(count), 2); };
    return cat(padded(static_cast<std::uint64_t>(int{date.year()}), 4), '-',
               two(unsigned{date.month()}), '-', two(unsigned{date.day()}), 'T',
               two(clock.hours().count()), ':', two(clock.minutes().count()), ':',
               two(clock.seconds().count()), 'Z');
}

std::string_view request_kind(std::size_t kind) {
    constexpr std::array<std::string_view, Traffic::kKinds> names{
        "read",  "write",        "disconnect",   "flush", "trim",
        "cache", "write_zeroes", "block_status", "other"};
    return names[kind];
}

std::string clients_document(const std::vector<ClientView>& clients, const Moment& moment) {
    JsonWriter json;
    json.begin_object();
    json.key("clients");
    json.begin_array();
    for (const ClientView& client : clients) write_client(json, client, moment);
    json.end_array();
    json.end_object();
    return json.text();
}

std::string exports_document(const Statistics& statistics) {
    JsonWriter json;
    json.begin_object();
    json.key("exports");
    json.begin_array();
    for (const ExportView& view : statistics.exports) write_export(json, view);
    json.end_array();
    json.end_object();
    return json.text();
}

std::string stats_document(const Statistics& statistics) {
    const session::Tally& tally = statistics.tally;
    JsonWriter json;
    json.begin_object();
    json.member("version", NBDROOT_VERSION);
    json.member("since", utc_text(statistics.began_calendar_us));
    json.member("began_us", statistics.began_calendar_us);
    json.member("uptime_ms", statistics.uptime.count());
    json.member("draining", statistics.is_draining);
    json.key("connections");
    json.begin_object();
    json.member("total", tally.connections);
    json.member("live", statistics.live);
    json.member("in_handshake", statistics.live_in_handshake);
    json.member("accept_pauses", statistics.accept_pauses);
    json.end_object();
    json.key("handshakes");
    json.begin_object();
    json.member("failed", tally.handshakes_failed);
    json.member("timed_out", tally.handshakes_timed_out);
    json.end_object();
    json.key("refused");
    json.begin_object();
    for (std::size_t i = 0; i < session::kRefusals; ++i) {
        json.member(session::name_of(static_cast<session::Refusal>(i)), tally.refusals[i]);
    }
    json.end_object();
    json.key("requests_by_kind");
    json.begin_object();
    for (std::size_t i = 0; i < Traffic::kKinds; ++i) {
        json.member(request_kind(i), statistics.traffic.requests_by_kind[i]);
    }
    json.end_object();
    write_traffic(json, statistics.traffic);
    json.end_object();
    return json.text();
}

std::string reload_document(const ReloadOutcome& outcome) {
    JsonWriter json;
    json.begin_object();
    if (!outcome.done()) json.member("error", "nothing has changed: the new file has faults");
    write_lines(json, "changes", outcome.changes);
    write_lines(json, "warnings", outcome.warnings);
    write_lines(json, "complaints", outcome.complaints);
    json.end_object();
    return json.text();
}

std::string restart_document(const RestartOutcome& outcome, std::int64_t began_us) {
    JsonWriter json;
    json.begin_object();
    if (outcome.has_begun()) {
        json.member("program", outcome.program);
        json.member("began_us", began_us);
    } else {
        json.member("error", "nothing has changed: the new program cannot take over");
    }
    write_lines(json, "complaints", outcome.complaints);
    json.end_object();
    return json.text();
}

std::string promoted_document(const promote::Promoted& promoted) {
    JsonWriter json;
    json.begin_object();
    json.member("export", promoted.export_name);
    json.member("path", promoted.path);
    json.member("image_id", promoted.image_id);
    json.member("former_id", promoted.former_id);
    json.member("former_path", promoted.former_path);
    json.member("warning", promoted.warning);
    json.end_object();
    return json.text();
}

std::string error_document(std::string_view reason) {
    JsonWriter json;
    json.begin_object();
    json.member("error", reason);
    json.end_object();
    return json.text();
}

}  // namespace nbdroot::server::control
