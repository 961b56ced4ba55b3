#include "server/admission/client_images.h"

#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "server/storage/image_id.h"

namespace nbdroot::server::admission {
namespace {

using export_::Export;
using storage::Access;
using storage::Image;

struct OpenedImage {
    Image image;
    std::string image_id;
};

enum class Purpose { use, look };

// On a worker.
Result<OpenedImage> open_image(const config::ExportConfig& wanted, Purpose purpose) {
    Image image = NBDROOT_TRY(
        Image::open(wanted.path, wanted.read_only ? Access::read_only : Access::writable));
    if (purpose == Purpose::use) NBDROOT_CHECK(image.claim());
    std::string id = wanted.image_id;
    if (id.empty()) id = NBDROOT_TRY(storage::image_id_of(image));
    return OpenedImage{.image = std::move(image), .image_id = std::move(id)};
}

// Two clients share what they would open alike. Whether what a reload makes of an image may stand
// beside the older one in use is for claim() to say.
std::string key_of(const config::ExportConfig& wanted) {
    return cat(wanted.name, '\0', wanted.path, '\0', wanted.read_only ? 'r' : 'w',
               wanted.shared ? 's' : '1', wanted.image_id);
}

}  // namespace

void ClientImages::open(const config::ExportConfig& wanted, Done done) {
    const std::string key = key_of(wanted);
    auto place = known_.find(key);
    if (place == known_.end()) {
        forget_unused();
        place = known_.emplace(key, Known{}).first;
    }
    Known& known = place->second;
    auto target = known.target.lock();
    if (target) return done(std::move(target));
    known.waiting.push_back(std::move(done));
    if (known.waiting.size() == 1) begin(key, wanted);
}

void ClientImages::look_at(const config::ExportConfig& wanted, Done done) {
    const auto known = known_.find(key_of(wanted));
    if (known != known_.end()) {
        if (auto target = known->second.target.lock()) return done(std::move(target));
    }
    auto opened =
        std::make_shared<Result<OpenedImage>>(fail("open", wanted.path, "no memory", ENOMEM));
    pool_.submit({.work = [wanted, opened] { *opened = open_image(wanted, Purpose::look); },
                  .done =
                      [this, wanted, opened, done = std::move(done)] {
                          if (!*opened) return done(tl::unexpected((*opened).error()));
                          done(make_(wanted, std::move((*opened)->image), (*opened)->image_id));
                      },
                  .pace = storage::WorkerPool::Pace::slow});
}

void ClientImages::begin(const std::string& key, const config::ExportConfig& wanted) {
    auto opened =
        std::make_shared<Result<OpenedImage>>(fail("open", wanted.path, "no memory", ENOMEM));
    pool_.submit({.work = [wanted, opened] { *opened = open_image(wanted, Purpose::use); },
                  .done =
                      [this, key, wanted, opened] {
                          if (!*opened) return finish(key, tl::unexpected((*opened).error()));
                          finish(key,
                                 make_(wanted, std::move((*opened)->image), (*opened)->image_id));
                      },
                  .pace = storage::WorkerPool::Pace::slow});
}

void ClientImages::finish(const std::string& key, const Opened& opened) {
    Known& known = known_.at(key);
    if (opened) known.target = *opened;
    const auto waiting = std::exchange(known.waiting, {});
    for (const Done& done : waiting) done(opened);
}

void ClientImages::forget_unused() {
    std::erase_if(known_, [](const auto& entry) {
        return entry.second.target.expired() && entry.second.waiting.empty();
    });
}

}  // namespace nbdroot::server::admission
