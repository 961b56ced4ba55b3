#include "agent/control/status_text.h"

#include <algorithm>

#include "agent/control/sheet.h"
#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

void write_state(Sheet& sheet, const JsonValue& status, Instant now) {
    const bool is_relayed = !status["relay"].is_null();
    sheet.line("device", status, is_relayed ? "{device} ({attach}, relay)" : "{device} ({attach})");
    const JsonValue& since = status["connected_at_ms"];
    const std::string& state = status["state"].text();
    if (state != "connected" || since.is_null()) return sheet.line("state", state);
    const std::int64_t now_ms = now.time_since_epoch().count();
    const std::int64_t since_ms = std::clamp<std::int64_t>(since.number(), 0, now_ms);
    sheet.line("state", cat(state, " for ", seconds_text(now_ms - since_ms)));
}

// Without a connection there is nobody of whom to tell it.
void write_software(Sheet& sheet, const JsonValue& status) {
    if (status["state"].text() != "connected") return;
    const std::string_view told = status["server_software"].text();
    sheet.line("software", told.empty() ? "not told by this server" : told);
}

// One server needs no list.
void write_servers(Sheet& sheet, const JsonValue& status) {
    const auto& servers = status["servers"].items();
    if (servers.size() < 2) return;
    for (const JsonValue& server : servers) {
        const bool in_use = server["server"].text() == status["server"].text();
        const char* pattern = in_use ? "{number} {server} (in use)" : "{number} {server}";
        if (!server["usable"].truth()) {
            pattern = "{number} {server} (may not be used: nbdroot.failover)";
        }
        sheet.line(&server == servers.data() ? "servers" : "", server, pattern);
    }
}

void write_export(Sheet& sheet, const JsonValue& status) {
    sheet.line("image", status, "{name}");
    const JsonValue& size = status["size_bytes"];
    const std::int64_t bytes = std::max<std::int64_t>(size.number(), 0);
    if (!size.is_null()) sheet.line("size", base::human_size(static_cast<std::uint64_t>(bytes)));
    std::string flags;
    for (const JsonValue& flag : status["flags"].items()) flags += flag.text() + ' ';
    sheet.line("flags", flags);
}

void write_times(Sheet& sheet, const JsonValue& status) {
    sheet.line("round trip", status, "{rtt_us} us");
    const bool has_timeout = status["timeout_s"].number() > 0;
    if (has_timeout) sheet.line("timeout", status, "{timeout_s} s");
    sheet.line("reconnects", status, "{reconnects}, longest outage {longest_outage_ms:s}");
    sheet.line("lost", status, "{lost_at_ms:s} after the start");
    sheet.line("last error", status, "{last_error}");
}

void write_network(Sheet& sheet, const JsonValue& network) {
    sheet.line("network", network, "{interface} {address}");
    const JsonValue& lease = network["lease"];
    const JsonValue& left = lease["left_s"];
    const char* pattern = "{state}, by {server}, ends in {left_s} s";
    if (left.number() <= 0) pattern = "{state}, by {server}, has ended";
    if (left.is_null()) pattern = "{state}, by {server}, for ever";
    sheet.line("lease", lease, pattern);
}

void write_ending(Sheet& sheet, const JsonValue& status) {
    const bool has_limit = status["shutdown_timeout_s"].number() > 0;
    if (status["ending"].is_null()) return;
    sheet.line("ending", status,
               has_limit ? "{ending}, at the latest after {shutdown_timeout_s} s without a server"
                         : "{ending}");
}

}  // namespace

std::string describe_status(const JsonValue& status, Instant now) {
    Sheet sheet;
    write_state(sheet, status, now);
    sheet.line("server", status, "{server}");
    write_software(sheet, status);
    write_servers(sheet, status);
    write_export(sheet, status);
    write_times(sheet, status);
    write_network(sheet, status["network"]);
    write_ending(sheet, status);
    sheet.line(
        "relay", status["relay"],
        "{in_flight} in flight, {kept_bytes} bytes kept, {replies} replies, {resent} resent, "
        "{failed} failed");
    sheet.line("log", status, "{log}");
    sheet.line("info", status, "{info}");
    return sheet.take();
}

}  // namespace nbdroot::agent::control
