#include "server/machines/machine_files.h"

#include <xxhash.h>

#include <cerrno>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/file_list.h"
#include "lib/sys/file_names.h"
#include "lib/sys/file_stamp.h"
#include "server/export/boot_tokens.h"
#include "server/machines/aside.h"
#include "server/machines/leftovers.h"
#include "server/storage/overlay/file_store.h"
#include "server/storage/overlay/map_file.h"
#include "server/storage/overlay/map_files.h"

namespace nbdroot::server::machines {
namespace {

using config::OverlayKind;
using storage::overlay::FileStore;
using storage::overlay::Store;

constexpr std::string_view kTemporary = "temporary-";
constexpr std::string_view kPersistent = "persistent-";
constexpr mode_t kMode = 0600;

std::string digest_of(std::string_view text) {
    XXH128_canonical_t bytes;
    XXH128_canonicalFromHash(&bytes, XXH3_128bits(text.data(), text.size()));
    return base::hex(std::as_bytes(std::span(bytes.digest)));
}

std::string directory_of(const std::string& stem) { return stem.substr(0, stem.rfind('/') + 1); }

Result<FoundOverlay> read_overlay(const std::string& directory, std::string_view name) {
    FoundOverlay found{.stem =
                           cat(directory, '/', name.substr(0, name.size() - kMapEnding.size()))};
    FileStore store(found.stem);
    const auto file = NBDROOT_TRY(store.open(Store::Part::map));
    const Bytes bytes = NBDROOT_TRY(storage::overlay::read_map(*file));
    auto map = storage::overlay::decode_map_file(bytes, storage::overlay::Survived::all_writes);
    if (!map) {
        map.error().object = store.path_of(Store::Part::map);
        return tl::unexpected(map.error());
    }
    const auto& identity = map->header.identity;
    found.owner = {
        .kind = *kind_of(name), .export_name = identity.export_name, .machine = identity.machine};
    found.image_id = identity.base_id;
    found.used_bytes = map->map.data_blocks() * storage::overlay::kBlockBytes;
    // One that cannot be read is told of when its machine comes.
    const auto boots = export_::read_boot_tokens(boots_path(found.stem));
    if (boots) found.boot_token = boots->current();
    found.reset_pending = sys::path_exists(reset_path(found.stem));
    if (!identity.machine.empty() && stem_of(directory, found.owner) != found.stem) {
        return fail("place of", store.path_of(Store::Part::map),
                    cat("it says that it is that of '", base::printable(found.owner.text()),
                        "', which lies elsewhere; nobody gets it"));
    }
    return found;
}

Result<bool> is_there(const std::string& path) {
    const auto stamp = sys::stamp_at(path);
    if (!stamp && stamp.error().code != ENOENT) return tl::unexpected(stamp.error());
    return stamp.has_value();
}

}  // namespace

std::optional<OverlayKind> kind_of(std::string_view name) {
    if (name.starts_with(kTemporary)) return OverlayKind::temporary;
    if (name.starts_with(kPersistent)) return OverlayKind::persistent;
    return std::nullopt;
}

std::string Owner::text() const {
    return machine.empty() ? export_name : cat(export_name, '/', machine);
}

std::string Owner::in_words() const {
    const std::string name = cat("'", base::printable(text()), "'");
    return machine.empty() ? cat("a machine without a name of export ", name)
                           : cat("machine ", name);
}

std::string stem_of(const std::string& directory, const Owner& owner) {
    const bool is_temporary = owner.kind == OverlayKind::temporary;
    // Neither has a zero byte. A machine's name never equals that of a boot.
    const std::string whose = owner.boot_token.empty()
                                  ? cat("machine", '\0', owner.export_name, '\0', owner.machine)
                                  : cat("boot", '\0', owner.export_name, '\0', owner.boot_token);
    return cat(directory, '/', is_temporary ? kTemporary : kPersistent, digest_of(whose));
}

std::string boots_path(const std::string& stem) { return cat(stem, kBootsEnding); }

std::string reset_path(const std::string& stem) { return stem + ".reset"; }

Result<FoundOverlays> find_overlays(const std::string& directory) {
    FoundOverlays found;
    const auto list = NBDROOT_TRY(sys::list_files(directory));
    const std::set<std::string> names(list.begin(), list.end());
    for (const std::string& name : names) {
        if (is_aside(name)) found.aside.push_back(cat(directory, '/', name));
        if (!name.ends_with(kMapEnding) || !kind_of(name)) continue;
        auto one = read_overlay(directory, name);
        if (one) {
            found.overlays.push_back(std::move(*one));
        } else {
            found.faults.push_back(one.error().message());
        }
    }
    clear_up(directory, names);
    return found;
}

Result<bool> has_files(const std::string& stem) {
    const FileStore store(stem);
    if (NBDROOT_TRY(is_there(store.path_of(Store::Part::map)))) return true;
    return is_there(store.path_of(Store::Part::data));
}

// Data without a map, or a map without data, may be all that is left of a persistent overlay. So
// what is given up is marked, or a crash in between would look like a loss.
Result<std::string> remove_overlay(const std::string& stem, OverlayKind kind) {
    FileStore store(stem);
    const auto locked = store.open(Store::Part::data);
    if (!locked && locked.error().code != ENOENT) return tl::unexpected(locked.error());
    const bool is_marked = sys::path_exists(reset_path(stem));
    if (kind == OverlayKind::persistent) NBDROOT_CHECK(mark_for_reset(stem));
    std::string aside;
    if (locked) {
        auto put = put_aside(stem);
        // All is as it was, and is not given up.
        if (!put && !is_marked) (void)sys::unlink_file(reset_path(stem));
        aside = NBDROOT_TRY(std::move(put));
    }
    NBDROOT_CHECK(store.remove(Store::Part::map));
    NBDROOT_CHECK(store.remove(Store::Part::new_map));
    // Who was displaced from a persistent one stays so.
    if (kind == OverlayKind::temporary) NBDROOT_CHECK(sys::unlink_file(boots_path(stem)));
    NBDROOT_CHECK(store.sync_names());
    NBDROOT_CHECK(sys::unlink_file(reset_path(stem)));
    NBDROOT_CHECK(store.sync_names());
    return aside;
}

Result<void> mark_for_reset(const std::string& stem) {
    NBDROOT_CHECK(sys::replace_file_durably(reset_path(stem), "", kMode));
    return sys::sync_directory(directory_of(stem));
}

}  // namespace nbdroot::server::machines
