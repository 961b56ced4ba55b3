#include "server/check_report.h"

#include "lib/base/text.h"
#include "lib/sys/privileges.h"

namespace nbdroot::server {
namespace {

std::string clients(std::uint32_t maximum, std::uint32_t of_one_address) {
    using config::kNoLimit;
    std::string text =
        maximum == kNoLimit ? "any number of clients" : cat("at most ", maximum, " clients");
    if (of_one_address != kNoLimit) text += cat(", ", of_one_address, " from one address");
    return text;
}

std::string report_place(const config::Endpoint& place) {
    return cat(place.ip.empty() ? "every address" : place.ip, " port ", place.port);
}

std::string report_places(const config::Config& config) {
    if (config.standard_input) return "listen on nothing: one client, over standard input\n";
    std::string text;
    for (const config::Endpoint& place : config.listen) {
        text += cat("listen on ", report_place(place), '\n');
    }
    for (const std::string& path : config.unix_sockets) {
        text += cat("listen on unix socket ", base::printable(path), '\n');
    }
    return text;
}

std::string report_account(const sys::Account& account) {
    const std::string& name = account.user_name;
    return cat("become user ", name.empty() ? cat(account.user) : name, ", group ", account.group,
               sys::may_become(account) ? "" : ", which needs root", '\n');
}

std::string report_process(const Plan& plan) {
    const config::Config& config = plan.config;
    std::string text =
        cat("serve ", clients(config.maximum_connections, config.maximum_connections_per_address),
            config.lists_exports ? "" : ", and tell nobody the names", '\n');
    if (!config.control_socket.empty()) {
        text += cat("control socket ", base::printable(config.control_socket), '\n');
    }
    if (config.metrics) text += cat("metrics on ", report_place(*config.metrics), '\n');
    if (!config.state_directory.empty()) {
        text += cat("state in ", base::printable(config.state_directory), '\n');
    }
    if (plan.account) text += report_account(*plan.account);
    return text;
}

std::string report_allow(const config::ExportConfig& config) {
    if (!config.allow) return "everybody";
    if (config.allow->ranges.empty()) return "nobody";
    std::string text;
    for (const config::AddressRange& range : config.allow->ranges) {
        text += cat(text.empty() ? "" : ", ", to_text(range));
    }
    return text;
}

// Of one writer only its door decides.
std::string report_sharing(const config::ExportConfig& config) {
    std::string limits =
        clients(config.maximum_connections, config.maximum_connections_per_address);
    if (config.overlay.kind != config::OverlayKind::none) {
        return cat("one writer of each overlay at a time, ", limits);
    }
    if (config.read_only || config.shared) return limits;
    return config.pattern ? cat("one writer of each image at a time, ", limits)
                          : "one writer at a time";
}

std::string report_export(const PlannedExport& planned) {
    const config::ExportConfig& config = planned.config;
    std::string text = cat("serve ", describe(planned), "\n  to ", report_allow(config), "; ",
                           report_sharing(config), '\n');
    if (config.overlay.kind != config::OverlayKind::none) {
        text += cat("  overlays in ", base::printable(config.overlay.directory), '\n');
    }
    for (const promote::FormerImage& one : planned.former) {
        text += cat("  former image ", one.image_id, ", ", base::printable(one.image.path()), '\n');
    }
    if (!config.before.empty()) text += cat("  before: ", base::printable(config.before), '\n');
    if (!config.after.empty()) text += cat("  after: ", base::printable(config.after), '\n');
    return text;
}

}  // namespace

std::string check_report(const Plan& plan) {
    std::string text = report_places(plan.config) + report_process(plan);
    for (const PlannedExport& planned : plan.exports) text += report_export(planned);
    return text;
}

}  // namespace nbdroot::server
