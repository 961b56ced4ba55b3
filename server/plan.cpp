#include "server/plan.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/disk_identity.h"
#include "lib/sys/file.h"
#include "lib/sys/private_directory.h"
#include "server/config/allow_file.h"
#include "server/config/config_files.h"
#include "server/config/overlay_keys.h"
#include "server/promote/former_removal.h"
#include "server/storage/image_id.h"

namespace nbdroot::server {
namespace {

constexpr const char* kStateDirectory = "/var/lib/nbd-rootserver";

using Status = tl::unexpected<ExitStatus>;

std::string hint(const Error& error, const config::ExportConfig& wanted) {
    const bool readable = error.reason.ends_with("read-only");
    if (!readable) return "";
    return wanted.origin.empty() ? " with -r" : " with readonly = true";
}

Result<void> check_size(const storage::Image& image, std::uint64_t expected_bytes) {
    if (expected_bytes == 0 || expected_bytes == image.size_bytes()) return {};
    return fail("size of", image.path(),
                cat(image.size_bytes(), " bytes, and filesize says ", expected_bytes,
                    ": an image is served as long as it is, leave filesize out"));
}

class Planner {
public:
    Planner(const config::Options& options, const Log& log, const Running& running)
        : options_(options), log_(log), running_(running) {}

    tl::expected<Plan, ExitStatus> make();

private:
    // A server is running, perhaps as a lesser user than it was started as.
    [[nodiscard]] bool is_reload() const { return static_cast<bool>(running_.known); }
    bool read();
    void open_exports();
    Result<PlannedExport> open(config::ExportConfig wanted) const;
    void find_formers(PlannedExport& planned) const;
    void read_allow_file(config::ExportConfig& wanted);
    void check_images();
    void find_state_directory();
    void find_overlay_directory(config::ExportConfig& wanted);
    void find_account();
    void complain(ExitStatus status, const std::string& text);
    void complain(const config::ExportConfig& about, const std::string& text);

    const config::Options& options_;
    const Log& log_;
    const Running& running_;
    Plan plan_;
    ExitStatus status_ = ExitStatus::done;
};

void Planner::complain(ExitStatus status, const std::string& text) {
    log_.error(text);
    if (status_ == ExitStatus::done) status_ = status;
}

void Planner::complain(const config::ExportConfig& about, const std::string& text) {
    complain(ExitStatus::image,
             cat(about.origin, "export '", base::printable(about.name), "': ", text));
}

bool Planner::read() {
    if (!options_.config_file) {
        plan_.config = options_.config;
        return true;
    }
    auto parsed = config::read_config(*options_.config_file);
    if (!parsed) {
        complain(ExitStatus::config, parsed.error().message());
        return false;
    }
    for (const std::string& note : parsed->notes) log_.info(note);
    for (const std::string& complaint : parsed->complaints) {
        complain(ExitStatus::config, complaint);
    }
    plan_.config = std::move(parsed->config);
    plan_.config.standard_input = options_.config.standard_input;
    return true;
}

// A list that cannot be read admits nobody; one with faults is a complaint.
void Planner::read_allow_file(config::ExportConfig& wanted) {
    if (wanted.allow_file.empty()) return;
    const auto text = sys::read_text_file(wanted.allow_file);
    if (!text && is_reload()) {
        // Who is in the room now shall not be locked out by a slip.
        return complain(wanted, text.error().message());
    }
    if (!text) {
        log_.warning(cat(
            wanted.origin, "export '", base::printable(wanted.name), "': ", text.error().message(),
            "; nobody may use the export, unlike with nbd-server, until the file is there "
            "and read again"));
        wanted.allow = config::AllowList{};
        return;
    }
    auto parsed = config::parse_allow_file(*text, wanted.allow_file);
    for (const std::string& complaint : parsed.complaints) complain(ExitStatus::config, complaint);
    wanted.allow = std::move(parsed.allow);
}

Result<PlannedExport> Planner::open(config::ExportConfig wanted) const {
    using storage::Access;
    PlannedExport planned{.config = std::move(wanted), .image = {}};
    const config::ExportConfig& config = planned.config;
    if (config.pattern) return planned;
    planned.image = NBDROOT_TRY(storage::Image::open(
        config.path, writes_image(config) ? Access::writable : Access::read_only));
    NBDROOT_CHECK(check_size(*planned.image, config.expected_bytes));
    planned.image_id = config.image_id;
    if (planned.image_id.empty() && is_reload()) {
        planned.image_id = running_.known(*planned.image).value_or("");
    }
    if (planned.image_id.empty()) {
        planned.image_id = NBDROOT_TRY(storage::image_id_of(*planned.image));
    }
    find_formers(planned);
    return planned;
}

// Those that promote has made; an image that is written, or named by its configuration, has none.
void Planner::find_formers(PlannedExport& planned) const {
    if (writes_image(planned.config) || !planned.config.image_id.empty()) return;
    auto found = promote::find_former_files(*planned.image, running_.known);
    for (const std::string& warning : found.warnings) {
        log_.warning(cat(planned.config.origin, "export '", base::printable(planned.config.name),
                         "': former image: ", warning));
    }
    for (promote::FormerImage& one : found.images) {
        // Put back by hand: it is what boots find under its id.
        if (one.image_id != planned.image_id) planned.former.push_back(std::move(one));
    }
    if (options_.action == config::Options::Action::check) return;
    for (const std::string& name : found.leftovers) {
        const auto removed = promote::remove_leftover(name, planned.config.path);
        if (removed) {
            log_.info(cat("removed ", name, ": left over of a promotion that did not happen"));
        } else {
            log_.warning(
                cat(name, ", a second name of the image, is left: ", removed.error().message()));
        }
    }
}

void Planner::open_exports() {
    for (config::ExportConfig& wanted : std::exchange(plan_.config.exports, {})) {
        if (wanted.path.empty()) continue;  // that was a complaint
        read_allow_file(wanted);
        auto planned = open(wanted);
        if (planned) {
            plan_.exports.push_back(std::move(*planned));
        } else {
            complain(wanted, cat(planned.error().message(), hint(planned.error(), wanted)));
        }
    }
}

// Two exports that write to one image know nothing of each other's clients.
void Planner::check_images() {
    std::vector<std::pair<sys::DiskIdentity, const config::ExportConfig*>> written;
    for (const PlannedExport& planned : plan_.exports) {
        if (!planned.image || !writes_image(planned.config)) continue;
        const auto identity = planned.image->identity();
        if (!identity) continue;  // claiming the image finds it too, but only at start
        const auto other = std::find_if(written.begin(), written.end(),
                                        [&](const auto& one) { return one.first == *identity; });
        if (other != written.end() && other->second->name != planned.config.name) {
            complain(planned.config,
                     cat("writes to the image of '", base::printable(other->second->name),
                         "' too: one of them must be readonly"));
        }
        written.emplace_back(*identity, &planned.config);
    }
    for (const PlannedExport& planned : plan_.exports) {
        if (!planned.image || planned.config.overlay.kind == config::OverlayKind::none) continue;
        const auto identity = planned.image->identity();
        for (const auto& [image, writer] : written) {
            if (!identity || image != *identity) continue;
            complain(planned.config,
                     cat("its overlays lie over the image that '", base::printable(writer->name),
                         "' writes: that one must be readonly, or have overlays"));
        }
    }
}

void Planner::find_state_directory() {
    if (is_reload()) {
        plan_.state_directory = running_.state_directory;  // it stays the one of the start
        return;
    }
    const std::string& wanted = plan_.config.state_directory;
    const std::string directory = wanted.empty() ? kStateDirectory : wanted;
    if (sys::is_writable_directory(directory)) {
        plan_.state_directory = directory;
    } else if (!wanted.empty()) {
        complain(ExitStatus::failed, cat(plan_.config.state_directory_origin, "state directory ",
                                         wanted, ": no directory in which files can be made"));
    }
}

// It is made where its parent is there; --check only looks whether it could be.
void Planner::find_overlay_directory(config::ExportConfig& wanted) {
    config::OverlayConfig& overlay = wanted.overlay;
    if (overlay.kind == config::OverlayKind::none) return;
    if (overlay.directory.empty() && plan_.state_directory.empty()) {
        return complain(wanted,
                        cat("overlay: there is no state directory that its overlays could "
                            "lie in; make ",
                            kStateDirectory, ", or say state-directory or overlay-directory"));
    }
    if (overlay.directory.empty()) overlay.directory = plan_.state_directory + "/overlays";
    const bool looks_only = options_.action == config::Options::Action::check;
    auto place = sys::private_directory(overlay.directory, plan_.account,
                                        looks_only ? sys::Missing::leave : sys::Missing::make);
    if (!place) return complain(wanted, cat("overlay: ", place.error().message()));
    overlay.directory = std::move(*place);
}

void Planner::find_account() {
    if (plan_.config.user.empty() && plan_.config.group.empty()) return;
    auto account = sys::find_account(plan_.config.user, plan_.config.group);
    if (account) {
        plan_.account = std::move(*account);
    } else {
        complain(options_.config_file ? ExitStatus::config : ExitStatus::usage,
                 cat(plan_.config.account_origin, account.error().message()));
    }
}

tl::expected<Plan, ExitStatus> Planner::make() {
    if (!read()) return Status(status_);
    open_exports();
    check_images();
    find_account();
    find_state_directory();
    for (PlannedExport& planned : plan_.exports) find_overlay_directory(planned.config);
    if (status_ != ExitStatus::done) return Status(status_);
    return std::move(plan_);
}

}  // namespace

tl::expected<Plan, ExitStatus> make_plan(const config::Options& options, const Log& log,
                                         const Running& running) {
    return Planner(options, log, running).make();
}

std::string describe(const PlannedExport& planned) {
    return describe(planned.config,
                    planned.image ? std::optional(planned.image->size_bytes()) : std::nullopt,
                    planned.image_id);
}

std::string describe(const config::ExportConfig& config,
                     const std::optional<std::uint64_t>& size_bytes, const std::string& image_id) {
    const bool two_names = config.is_default && !config.name.empty();
    return cat(base::printable(config.path), " as ", two_names ? "'' and " : "", "'",
               base::printable(config.name), "', ",
               size_bytes ? base::human_size(*size_bytes) : "for each address", ", ",
               config.overlay.kind != config::OverlayKind::none ? config::describe(config.overlay)
               : config.read_only                               ? "read-only"
               : config.shared                                  ? "writable by many"
                                                                : "writable",
               image_id.empty() ? "" : ", image ", image_id);
}

}  // namespace nbdroot::server
