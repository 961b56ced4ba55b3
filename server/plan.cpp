#include "server/plan.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "server/config/ini_config.h"

namespace nbdroot::server {
namespace {

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
                          .exports = {config::single_export(options.image, options.read_only)}};
}

std::string hint(const Error& error, const config::ExportConfig& wanted) {
    const bool readable = error.reason.ends_with("read-only");
    if (!readable) return "";
    return wanted.origin.empty() ? " with -r" : " with readonly = true";
}

}  // namespace

tl::expected<Plan, ExitStatus> make_plan(const config::Options& options, const Log& log) {
    auto config = make_config(options, log);
    if (!config) return Status(config.error());
    Plan plan{.listen = std::move(config->listen), .exports = {}};
    bool all_open = true;
    for (config::ExportConfig& wanted : config->exports) {
        using storage::Access;
        auto image = storage::Image::open(wanted.path,
                                          wanted.read_only ? Access::read_only : Access::writable);
        if (image) {
            plan.exports.push_back({std::move(wanted), std::move(*image)});
            continue;
        }
        all_open = false;
        log.error(cat(wanted.origin, "export '", wanted.name, "': ", image.error().message(),
                      hint(image.error(), wanted)));
    }
    if (!all_open) return Status(ExitStatus::image);
    return plan;
}

std::string describe(const PlannedExport& planned) {
    const config::ExportConfig& config = planned.config;
    const bool two_names = config.is_default && !config.name.empty();
    return cat(config.path, " as ", two_names ? "'' and " : "", "'", config.name, "', ",
               base::human_size(planned.image.size_bytes()), ", ",
               config.read_only ? "read-only" : "writable");
}

}  // namespace nbdroot::server
