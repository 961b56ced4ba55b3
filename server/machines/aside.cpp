#include "server/machines/aside.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/text.h"
#include "lib/sys/disk.h"
#include "lib/sys/file.h"
#include "lib/sys/file_names.h"
#include "lib/sys/sparse.h"
#include "server/machines/machine_files.h"
#include "server/storage/overlay/file_store.h"

namespace nbdroot::server::machines {
namespace {

using storage::overlay::FileStore;
using storage::overlay::Store;

constexpr std::string_view kGone = ".gone.";

// At most 256 extents, for each of which a disk may take milliseconds.
constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;

std::string aside_path(const std::string& stem, unsigned number) {
    return cat(stem, kGone, number);
}

// What has no space any more is a hole: holes are not gone through, however large the file is.
Result<void> free_pieces(int fd, std::uint64_t size, const std::atomic<bool>& stops) {
    for (std::uint64_t at = 0; at < size && !stops;) {
        const sys::Stretch stretch =
            sys::stretch_at(fd, {.offset_bytes = at, .length_bytes = size - at});
        std::uint64_t length = stretch.length_bytes;
        if (!stretch.is_hole) {
            length = std::min(kPieceBytes, size - at);
            NBDROOT_CHECK(sys::discard(fd, {.offset_bytes = at, .length_bytes = length}));
        }
        at += length;
    }
    return {};
}

}  // namespace

bool is_aside(std::string_view name) {
    return kind_of(name) && name.find(kGone) != std::string_view::npos;
}

Result<std::string> put_aside(const std::string& stem) {
    const std::string data = FileStore(stem).path_of(Store::Part::data);
    for (unsigned number = 1; number <= kMaximumAside; ++number) {
        const std::string path = aside_path(stem, number);
        const auto renamed = sys::rename_to_new_name(data, path);
        if (renamed) return path;
        if (renamed.error().code != EEXIST) return tl::unexpected(renamed.error());
    }
    return fail("put aside", stem,
                cat("the overlays of ", kMaximumAside,
                    " boots before have yet to be deleted; that takes as long as the disk does"),
                EAGAIN);
}

Result<void> delete_aside(const std::string& path, const std::atomic<bool>& stops) {
    const auto fd = sys::open_file(path, O_RDWR);
    if (!fd && fd.error().code == ENOENT) return {};
    if (!fd) return tl::unexpected(fd.error());
    if (!NBDROOT_TRY(sys::lock_disk_for_writing(fd->get(), path))) {
        return fail("delete", path, "another process has it open", EBUSY);
    }
    const std::uint64_t size = NBDROOT_TRY(sys::measure_disk(fd->get(), path)).size_bytes;
    // Where no pieces can be given back all of it is, at the end.
    (void)free_pieces(fd->get(), size, stops);
    return stops ? Result<void>() : sys::unlink_file(path);
}

}  // namespace nbdroot::server::machines
