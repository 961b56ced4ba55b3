#include "server/machines/leftovers.h"

#include <cerrno>
#include <chrono>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file_names.h"
#include "lib/sys/file_stamp.h"
#include "server/machines/machine_files.h"
#include "server/storage/overlay/file_store.h"

namespace nbdroot::server::machines {
namespace {

using config::OverlayKind;
using storage::overlay::FileStore;
using storage::overlay::Store;

// As for images that are written themselves.
constexpr std::chrono::hours kBootsKept{24 * 180};

// Of a record's name while it is looked at once more.
constexpr std::string_view kTaken = ".old";

bool is_old(const std::string& path) {
    const auto stamp = sys::stamp_at(path);
    const auto now_ns = sys::calendar_time_us() * 1000;
    return stamp && stamp->modified_ns < now_ns - std::chrono::nanoseconds(kBootsKept).count();
}

// Unless there is a newer one by now.
void put_back(const std::string& taken, const std::string& path) {
    const auto renamed = sys::rename_to_new_name(taken, path);
    if (!renamed && renamed.error().code == EEXIST) (void)sys::unlink_file(taken);
}

}  // namespace

// No call removes a name only if it is still that of the same file.
void remove_old_boots(const std::string& path) {
    const std::string taken = cat(path, kTaken);
    if (!sys::rename_to_new_name(path, taken)) return;
    if (is_old(taken)) {
        (void)sys::unlink_file(taken);
    } else {
        put_back(taken, path);
    }
}

Result<void> remove_unfinished(const std::string& stem) {
    FileStore store(stem);
    // Whoever makes an overlay has it locked until there is a map.
    const auto locked = store.open(Store::Part::data);
    if (!locked && locked.error().code == ENOENT) return {};
    if (!locked) return tl::unexpected(locked.error());
    const auto map = sys::stamp_at(store.path_of(Store::Part::map));
    if (map) return {};
    if (map.error().code != ENOENT) return tl::unexpected(map.error());
    NBDROOT_CHECK(store.remove(Store::Part::new_map));
    return store.remove(Store::Part::data);
}

void clear_up(const std::string& directory, const std::set<std::string>& names) {
    for (const std::string& name : names) {
        const std::size_t dot = name.rfind('.');
        if (dot == std::string::npos || !kind_of(name)) continue;
        const std::string stem = name.substr(0, dot);
        const std::string path = cat(directory, '/', name);
        if (name.ends_with(kTaken)) put_back(path, cat(directory, '/', stem));
        if (names.contains(cat(stem, kMapEnding))) continue;
        if (name.ends_with(kDataEnding) && kind_of(name) == OverlayKind::temporary) {
            (void)remove_unfinished(cat(directory, '/', stem));
        } else if (name.ends_with(kBootsEnding) && !names.contains(cat(stem, kDataEnding)) &&
                   is_old(path)) {
            remove_old_boots(path);
        }
    }
}

}  // namespace nbdroot::server::machines
