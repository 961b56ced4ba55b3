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

tl::expected<config::Config, ExitStatus> make_config(const config::Options& options,
                                                     const Log& log) {
    if (options.config_file) return read_config(*options.config_file, log);
    return config::Config{.listen = {options.endpoint},
                          .exports = {options.image},
                          .state_directory = options.state_directory};
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

Result<PlannedExport> open_export(config::ExportConfig wanted) {
    using storage::Access;
    auto image = NBDROOT_TRY(
        storage::Image::open(wanted.path, wanted.read_only ? Access::read_only : Access::writable));
    std::string id = wanted.image_id;
    if (id.empty()) id = NBDROOT_TRY(storage::image_id_of(image));
    return PlannedExport{
        .config = std::move(wanted), .image = std::move(image), .image_id = std::move(id)};
}

}  // namespace

tl::expected<Plan, ExitStatus> make_plan(const config::Options& options, const Log& log) {
    auto config = make_config(options, log);
    if (!config) return Status(config.error());
    Plan plan{.listen = std::move(config->listen), .exports = {}};
    bool all_open = true;
    for (const config::ExportConfig& wanted : config->exports) {
        auto planned = open_export(wanted);
        if (planned) {
            plan.exports.push_back(std::move(*planned));
            continue;
        }
        all_open = false;
        log.error(cat(wanted.origin, "export '", wanted.name, "': ", planned.error().message(),
                      hint(planned.error(), wanted)));
    }
    if (!all_open) return Status(ExitStatus::image);
    const auto state = find_state_directory(config->state_directory, log);
    if (!state) return Status(state.error());
    plan.state_directory = *state;
    return plan;
}

std::string describe(const PlannedExport& planned) {
    const config::ExportConfig& config = planned.config;
    const bool two_names = config.is_default && !config.name.empty();
    return cat(config.path, " as ", two_names ? "'' and " : "", "'", config.name, "', ",
               base::human_size(planned.image.size_bytes()), ", ",
               config.read_only ? "read-only"
               : config.shared  ? "writable by many"
                                : "writable",
               ", image ", planned.image_id);
}

}  // namespace nbdroot::server
