#include "server/live_exports.h"

#include <utility>

#include "lib/base/text.h"

namespace nbdroot::server {

using export_::Door;
using export_::Sharing;

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
        settings.record_path = cat(state_directory_, '/', target.image_id(), ".boots");
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
