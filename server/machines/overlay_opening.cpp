#include "server/machines/overlay_opening.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/file_names.h"
#include "server/machines/aside.h"
#include "server/machines/leftovers.h"
#include "server/storage/disk.h"
#include "server/storage/overlay/boot_id.h"
#include "server/storage/overlay/file_store.h"
#include "server/storage/overlay/map_files.h"

namespace nbdroot::server::machines {
namespace {

using config::OverlayKind;
using storage::overlay::FileStore;
using storage::overlay::Overlay;
using storage::overlay::OverlayIdentity;
using storage::overlay::Store;
using Wish = OverlayOpening::Wish;

constexpr const char* kOpen = "open overlay";

class Opener {
public:
    explicit Opener(const OverlayOpening& opening)
        : opening_(opening), store_(std::make_shared<FileStore>(opening.stem)) {}

    Result<OpenedOverlay> open();
    [[nodiscard]] bool is_as_before() const { return !replaces_; }
    [[nodiscard]] const std::string& aside() const { return aside_; }

private:
    Result<OpenedOverlay> begin();
    Result<OpenedOverlay> go_on();
    Result<OpenedOverlay> open_on(const Base& base);
    [[nodiscard]] Result<bool> is_there() const;
    [[nodiscard]] Result<std::string> image_id() const;
    [[nodiscard]] Result<void> check_owner(const OverlayIdentity& identity) const;
    Result<void> clear_place();
    [[nodiscard]] bool is_given_up() const { return sys::path_exists(reset_path(opening_.stem)); }
    [[nodiscard]] std::string map_path() const { return store_->path_of(Store::Part::map); }
    [[nodiscard]] std::string way_out() const;

    const OverlayOpening& opening_;
    std::shared_ptr<FileStore> store_;
    bool replaces_ = false;  // what was there
    std::string aside_;
};

Result<OpenedOverlay> Opener::open() {
    switch (opening_.wish) {
        case Wish::fresh:
            return begin();
        case Wish::kept:
            if (is_given_up() || !NBDROOT_TRY(is_there())) return begin();
            return go_on();
        case Wish::same:
            break;
    }
    if (!sys::path_exists(map_path())) {
        return fail(kOpen, map_path(),
                    "its overlay is not here (any more): what this boot has written is gone, or "
                    "lies on another server; boot anew",
                    ENOENT);
    }
    return go_on();
}

// What the operator can do about an overlay that cannot be used.
std::string Opener::way_out() const {
    const std::string& machine = opening_.owner.machine;
    if (opening_.owner.kind == OverlayKind::temporary) return "; it is replaced at the next boot";
    return cat("; nbd-rootserverctl overlay check says more, overlay reset '",
               base::printable(opening_.owner.export_name), "' '", base::printable(machine),
               "' gives up what it holds");
}

// What is removed here is to be replaced. Perhaps another process reads it, or a second server
// uses it by mistake: not behind their backs.
Result<void> Opener::clear_place() {
    const auto data = store_->open(Store::Part::data);
    if (!data && data.error().code != ENOENT) return tl::unexpected(data.error());
    if (data) aside_ = NBDROOT_TRY(put_aside(opening_.stem));
    replaces_ = true;
    return {};
}

Result<OpenedOverlay> Opener::begin() {
    const Base& base = opening_.bases.front();
    const OverlayIdentity identity{
        .base_id = base.image_id,
        .image_bytes = base.image->size_bytes(),
        .export_name = opening_.owner.export_name,
        .machine = opening_.owner.machine,
        .created_seconds = static_cast<std::uint64_t>(sys::calendar_time_us() / 1'000'000)};
    const auto boot = NBDROOT_TRY(storage::overlay::current_boot());
    NBDROOT_CHECK(clear_place());
    OpenedOverlay opened{.overlay = NBDROOT_TRY(Overlay::create(store_, identity, boot,
                                                                storage::reader_of(base.image))),
                         .base = base};
    if (!is_given_up()) return opened;
    // It must not come back after a crash: what is written from now on would be given up too.
    NBDROOT_CHECK(sys::unlink_file(reset_path(opening_.stem)));
    NBDROOT_CHECK(store_->sync_names());
    return opened;
}

Result<OpenedOverlay> Opener::go_on() {
    const std::string id = NBDROOT_TRY(image_id());
    if (opening_.wish == Wish::same && id != opening_.wanted_image_id) {
        return fail(kOpen, map_path(),
                    cat("its overlay lies on image ", base::printable(id),
                        " now, this boot began on image ",
                        base::printable(opening_.wanted_image_id), "; boot anew"));
    }
    const auto base = std::find_if(opening_.bases.begin(), opening_.bases.end(),
                                   [&](const Base& one) { return one.image_id == id; });
    if (base != opening_.bases.end()) return open_on(*base);
    return fail(kOpen, map_path(),
                cat("its overlay belongs to image ", base::printable(id),
                    ", which is not here any more", way_out()));
}

Result<OpenedOverlay> Opener::open_on(const Base& base) {
    const auto boot = NBDROOT_TRY(storage::overlay::current_boot());
    auto opened = Overlay::open(store_, base.image_id, base.image->size_bytes(), boot,
                                storage::reader_of(base.image));
    if (!opened) {
        Error error = std::move(opened.error());
        if (error.object.empty()) error.object = map_path();
        if (error.code == ENOENT) error.reason = "the data of its overlay is lost";
        if (error.code == 0 || error.code == ENOENT) error.reason += way_out();
        return tl::unexpected(std::move(error));
    }
    NBDROOT_CHECK(check_owner((*opened)->identity()));
    return OpenedOverlay{.overlay = std::move(*opened), .base = base};
}

// Two names may have one digest.
Result<void> Opener::check_owner(const OverlayIdentity& identity) const {
    if (identity.export_name == opening_.owner.export_name &&
        identity.machine == opening_.owner.machine) {
        return {};
    }
    return fail(kOpen, map_path(),
                cat("it is that of machine '", base::printable(identity.machine), "' of export '",
                    base::printable(identity.export_name), "'"));
}

Result<std::string> Opener::image_id() const {
    const auto map = NBDROOT_TRY(store_->open(Store::Part::map));
    const Bytes bytes = NBDROOT_TRY(storage::overlay::read_map(*map));
    const auto header = storage::overlay::decode_header(bytes);
    if (header) return header->header.identity.base_id;
    return fail(kOpen, map_path(), cat(header.error().reason, way_out()));
}

// Data alone is what a creation leaves that was cut short, as long as there is nothing in it.
Result<bool> Opener::is_there() const {
    if (sys::path_exists(map_path())) return true;
    const auto data = store_->open(Store::Part::data);
    if (!data && data.error().code == ENOENT) return false;
    if (!data) return tl::unexpected(data.error());
    const std::uint64_t size = NBDROOT_TRY((*data)->size());
    if (size == 0) return false;
    const auto stretch = (*data)->stretch_at({.offset_bytes = 0, .length_bytes = size});
    if (stretch.is_hole && stretch.length_bytes == size) return false;
    return fail(
        kOpen, map_path(),
        cat("the map of its overlay is lost, and without it the data means nothing", way_out()));
}

}  // namespace

Attempt try_opening(const OverlayOpening& opening) {
    Opener opener(opening);
    Attempt attempt{.opened = opener.open()};
    attempt.aside = opener.aside();
    if (attempt.opened) return attempt;
    attempt.is_as_before = opener.is_as_before();
    // It would take room, and be nobody's.
    if (!attempt.is_as_before) (void)remove_unfinished(opening.stem);
    attempt.has_files = has_files(opening.stem).value_or(true);
    return attempt;
}

}  // namespace nbdroot::server::machines
