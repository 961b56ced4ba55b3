#include "server/plan.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "server/config/ini_config.h"
#include "server/storage/image_id.h"

namespace nbdroot::server {
namespace {

constexpr const char* kStateDirectory = "/var/lib/nbd-rootserver";

using Status = tl::unexpected<ExitStatus>;

tl::expected<config::Config, ExitStatus> read_config(const std::string& file, const Log& log) {
    const auto text = sys::read_text_file(file);
    if (!text) {
        log.error(text.error().message());
        return Status(ExitStatus::config);
    }
    config::ParsedConfig parsed = config::parse_ini_config(*text, file);
    for (const std::string& complaint : parsed.complaints) log.error(complaint);
    if (!parsed.complaints.empty()) return Status(ExitStatus::config);
    return std::move(parsed.config);
}

std::string hint(const Error& error, const config::ExportConfig& wanted) {
    const bool readable = error.reason.ends_with("read-only");
    if (!readable) return "";
    return wanted.origin.empty() ? " with -r" : " with readonly = true";
}

tl::expected<std::string, ExitStatus> find_state_directory(const std::string& wanted,
                                                           const Log& log) {
    if (wanted.empty()) return sys::is_writable_directory(kStateDirectory) ? kStateDirectory : "";
    if (sys::is_writable_directory(wanted)) return wanted;
    log.error(cat("state directory ", wanted, ": no directory in which files can be made"));
    return Status(ExitStatus::failed);
}

Result<PlannedExport> open_export(config::ExportConfig wanted, const KnownIds& known) {
    using storage::Access;
    PlannedExport planned{.config = std::move(wanted), .image = {}};
    const config::ExportConfig& config = planned.config;
    if (config.pattern) return planned;
    planned.image = NBDROOT_TRY(
        storage::Image::open(config.path, config.read_only ? Access::read_only : Access::writable));
    planned.image_id = config.image_id;
    if (planned.image_id.empty() && known) {
        planned.image_id = known(*planned.image).value_or("");
    }
    if (planned.image_id.empty()) {
        planned.image_id = NBDROOT_TRY(storage::image_id_of(*planned.image));
    }
    return planned;
}

// Whether all could be opened.
bool open_exports(Plan& plan, const Log& log, const KnownIds& known) {
    bool all_open = true;
    for (const config::ExportConfig& wanted : std::exchange(plan.config.exports, {})) {
        auto planned = open_export(wanted, known);
        if (planned) {
            plan.exports.push_back(std::move(*planned));
            continue;
        }
        all_open = false;
        log.error(cat(wanted.origin, "export '", wanted.name, "': ", planned.error().message(),
                      hint(planned.error(), wanted)));
    }
    return all_open;
}

}  // namespace

tl::expected<Plan, ExitStatus> make_plan(const config::Options& options, const Log& log,
                                         const KnownIds& known) {
    Plan plan{.config = options.config};
    if (options.config_file) {
        auto config = read_config(*options.config_file, log);
        if (!config) return Status(config.error());
        plan.config = std::move(*config);
    }
    if (!open_exports(plan, log, known)) return Status(ExitStatus::image);
    const auto state = find_state_directory(plan.config.state_directory, log);
    if (!state) return Status(state.error());
    plan.state_directory = *state;
    if (plan.config.user.empty() && plan.config.group.empty()) return plan;
    auto account = sys::find_account(plan.config.user, plan.config.group);
    if (!account) {
        log.error(cat(plan.config.generic_origin, account.error().message()));
        return Status(options.config_file ? ExitStatus::config : ExitStatus::usage);
    }
    plan.account = std::move(*account);
    return plan;
}

std::string describe(const PlannedExport& planned) {
    const config::ExportConfig& config = planned.config;
    const bool two_names = config.is_default && !config.name.empty();
    return cat(config.path, " as ", two_names ? "'' and " : "", "'", config.name, "', ",
               planned.image ? base::human_size(planned.image->size_bytes()) : "for each address",
               ", ",
               config.read_only ? "read-only"
               : config.shared  ? "writable by many"
                                : "writable",
               planned.image_id.empty() ? "" : ", image ", planned.image_id);
}

}  // namespace nbdroot::server
