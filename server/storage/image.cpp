#include "server/storage/image.h"

#include <fcntl.h>

#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/file_names.h"

namespace nbdroot::server::storage {
namespace {

constexpr std::string_view kServeReadOnly = "; it can be served read-only";

Result<sys::Fd> open_disk(const std::string& path, Access access) {
    const bool writable = access == Access::writable;
    // Without O_NONBLOCK, opening a FIFO by mistake would wait for ever.
    auto fd = sys::open_file(path, (writable ? O_RDWR : O_RDONLY) | O_NONBLOCK);
    if (fd || !writable) return fd;
    const int code = fd.error().code;
    if ((code == EACCES || code == EROFS || code == EPERM || code == ETXTBSY) &&
        sys::open_file(path, O_RDONLY | O_NONBLOCK)) {
        return fail("open", path, cat(fd.error().reason, kServeReadOnly), code);
    }
    return fd;
}

Result<void> check_shape(const sys::DiskShape& shape, const std::string& path, Access access) {
    switch (shape.kind) {
        case sys::DiskKind::directory:
            return fail("open", path, "a directory, not an image");
        case sys::DiskKind::other:
            return fail("open", path, "neither a file nor a block device");
        case sys::DiskKind::file:
        case sys::DiskKind::block_device:
            break;
    }
    if (shape.size_bytes == 0) return fail("open", path, "empty (0 bytes)");
    if (access == Access::writable && shape.read_only) {
        return fail("open", path, cat("a read-only device", kServeReadOnly), EROFS);
    }
    return {};
}

}  // namespace

Image::Image(std::string path, Access access, sys::Fd fd, sys::DiskShape shape,
             sys::FileStamp stamp)
    : path_(std::move(path)),
      access_(access),
      fd_(std::move(fd)),
      shape_(shape),
      knows_holes_(sys::knows_holes(fd_.get())),
      stamp_(stamp) {}

Result<Image> Image::open(const std::string& path, Access access) {
    auto opened = open_disk(path, access);
    // open(2) of a directory for writing says so before we can.
    if (!opened && opened.error().code == EISDIR) {
        return fail("open", path, "a directory, not an image");
    }
    sys::Fd fd = NBDROOT_TRY(std::move(opened));
    const sys::DiskShape shape = NBDROOT_TRY(sys::measure_disk(fd.get(), path));
    NBDROOT_CHECK(check_shape(shape, path, access));
    const sys::FileStamp stamp = NBDROOT_TRY(sys::stamp_of(fd.get(), path));
    return Image(path, access, std::move(fd), shape, stamp);
}

Result<void> Image::claim() const {
    if (access_ == Access::read_only) return {};
    if (NBDROOT_TRY(sys::lock_disk_for_writing(fd_.get(), path_))) return {};
    return fail("lock", path_, "another process, or another export, has it open for writing");
}

Result<void> Image::check_unclaimed() const {
    // A file system whose locks need a file that is open for writing cannot say.
    const auto locked = sys::lock_disk_for_writing(fd_.get(), path_);
    if (locked && !*locked) {
        return fail("lock", path_, "another process, or another export, has it open for writing");
    }
    sys::unlock_disk(fd_.get());
    return {};
}

Result<void> Image::link_at(const std::string& path) const {
    return sys::link_open_file(fd_.get(), path);
}

void Image::release() const { sys::unlock_disk(fd_.get()); }

CachedRead Image::read_cached(std::uint64_t offset_bytes, ByteSpan into) const {
    // tmpfs does not know RWF_NOWAIT; without this, a worker would fetch each of its bytes.
    if (shape_.in_memory) {
        const bool done = sys::read_at(fd_.get(), offset_bytes, into).has_value();
        return done ? CachedRead::done : CachedRead::not_cached;
    }
    return sys::read_cached(fd_.get(), offset_bytes, into);
}

Result<void> Image::read(std::uint64_t offset_bytes, ByteSpan into) const {
    return named(sys::read_at(fd_.get(), offset_bytes, into));
}

Result<void> Image::write(std::uint64_t offset_bytes, ByteView bytes) const {
    return named(sys::write_at(fd_.get(), offset_bytes, bytes));
}

Result<void> Image::discard(Extent extent) const { return named(sys::discard(fd_.get(), extent)); }

Result<void> Image::zero(Extent extent, Holes holes) const {
    NBDROOT_CHECK(check_is_there(extent));
    return named(sys::zero(fd_.get(), extent, holes));
}

Result<void> Image::prefetch(Extent extent) const {
    return named(sys::prefetch(fd_.get(), extent));
}

Result<void> Image::sync() const { return named(sys::sync_data(fd_.get())); }

bool Image::is_whole() const {
    const auto now = stamp();
    return now && now->size_bytes >= shape_.size_bytes;
}

Result<void> Image::check_is_there(Extent extent) const {
    if (shape_.kind != sys::DiskKind::file) return {};  // a device refuses by itself
    const std::uint64_t size = NBDROOT_TRY(stamp()).size_bytes;
    if (extent.offset_bytes + extent.length_bytes <= size) return {};
    return fail("write", path_, cat("the image was truncated to ", size, " B"), ENODATA);
}

Result<void> Image::named(Result<void> result) const {
    if (!result) result.error().object = path_;
    return result;
}

}  // namespace nbdroot::server::storage
