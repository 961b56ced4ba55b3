#include "server/live_exports.h"

#include <set>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "server/boot_records.h"

namespace nbdroot::server {

using export_::Door;
using export_::Sharing;

namespace {

// The first one when the exports of the start are there.
constexpr Duration kFirstRecordsLook = std::chrono::minutes(1);
constexpr Duration kRecordsLook = std::chrono::hours(24);

}  // namespace

LiveExports::LiveExports(io::Loop& loop, const Log& log)
    : loop_(loop), log_(log), records_look_(loop.timer([this] { forget_old_records(); })) {}

void LiveExports::set_state_directory(std::string path) {
    state_directory_ = std::move(path);
    if (!state_directory_.empty()) records_look_->arm(loop_.now() + kFirstRecordsLook);
}

void LiveExports::forget_old_records() {
    records_look_->arm(loop_.now() + kRecordsLook);
    std::set<std::string> in_use;
    for (const auto& target : all()) in_use.insert(target->image_id());
    auto forgotten = std::make_shared<Result<std::size_t>>(0);
    pool_->submit(
        {.work =
             [forgotten, in_use, directory = state_directory_] {
                 *forgotten =
                     forget_boot_records(directory, in_use, sys::calendar_time_us() * 1000);
             },
         .done =
             [this, forgotten] {
                 if (!*forgotten) {
                     log_.warning(cat("records of boots: ", forgotten->error().message()));
                 } else if (**forgotten > 0) {
                     log_.info(cat("forgot the boots of ", **forgotten,
                                   " images that nobody has written for ",
                                   kBootRecordKept / std::chrono::hours(24), " days"));
                 }
             },
         .pace = storage::WorkerPool::Pace::slow});
}

Result<std::shared_ptr<export_::Export>> LiveExports::make(PlannedExport planned) {
    NBDROOT_CHECK(planned.image->claim());
    return make(planned.config, std::move(*planned.image), planned.image_id);
}

std::shared_ptr<export_::Export> LiveExports::make(const config::ExportConfig& wanted,
                                                   storage::Image image,
                                                   const std::string& image_id) {
    auto target = std::make_shared<Export>(
        Export::Traits{.name = wanted.name,
                       .image_id = image_id,
                       .sharing = wanted.shared ? Sharing::shared : Sharing::one_writer},
        std::move(image), *pool_, log_);
    if (target->one_writer()) {
        target->set_door(make_door(*target));
    } else if (target->is_writable()) {
        target->set_boot_doors(export_::BootDoors([this, name = target->name()] {
            return std::make_shared<Door>(Door::Settings{.export_name = name, .record_path = ""},
                                          export_::BootTokens(), loop_, *pool_, log_);
        }));
    }
    exports_.push_back(target);
    return target;
}

// One file for each image: an image that is replaced has another id, and no boot of the old one is
// let in.
std::shared_ptr<Door> LiveExports::make_door(const Export& target) {
    Door::Settings settings{.export_name = target.name(), .record_path = ""};
    export_::BootTokens tokens;
    if (!state_directory_.empty()) {
        settings.record_path = boot_record_path(state_directory_, target.image_id());
        auto known = export_::read_boot_tokens(settings.record_path);
        if (!known) {
            log_.warning(cat("export '", target.name(), "': ", known.error().message(),
                             "; which boots were displaced is forgotten"));
        } else {
            tokens = std::move(*known);
        }
    }
    return std::make_shared<Door>(std::move(settings), std::move(tokens), loop_, *pool_, log_);
}

std::vector<std::shared_ptr<export_::Export>> LiveExports::all() {
    std::vector<std::shared_ptr<Export>> living;
    for (const auto& weak : std::exchange(exports_, {})) {
        auto target = weak.lock();
        if (!target) continue;
        exports_.push_back(weak);
        living.push_back(std::move(target));
    }
    return living;
}

}  // namespace nbdroot::server
