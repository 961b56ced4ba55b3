#include "lib/sys/disk.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

off_t as_off_t(std::uint64_t bytes) { return static_cast<off_t>(bytes); }

// fallocate(2); false: this file system cannot do MODE.
Result<bool> allocate(int fd, int mode, Extent extent) {
    int done = 0;
    do {
        done = ::fallocate(fd, mode | FALLOC_FL_KEEP_SIZE, as_off_t(extent.offset_bytes),
                           as_off_t(extent.length_bytes));
    } while (done != 0 && errno == EINTR);
    if (done == 0) return true;
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == ENODEV) return false;
    return fail_errno("fallocate", "");
}

Result<void> write_zeroes(int fd, Extent extent) {
    static constexpr std::array<std::byte, std::size_t{64} * 1024> kZeroes{};
    while (extent.length_bytes > 0) {
        const auto count = std::min<std::uint64_t>(extent.length_bytes, kZeroes.size());
        NBDROOT_CHECK(write_at(fd, extent.offset_bytes, ByteView(kZeroes).first(count)));
        extent.offset_bytes += count;
        extent.length_bytes -= count;
    }
    return {};
}

bool is_in_memory(int fd) {
    struct statfs system {};
    return ::fstatfs(fd, &system) == 0 &&
           (system.f_type == TMPFS_MAGIC || system.f_type == RAMFS_MAGIC);
}

}  // namespace

Result<DiskShape> measure_disk(int fd, const std::string& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return fail_errno("stat", path);
    DiskShape shape;
    if (S_ISDIR(status.st_mode)) {
        shape.kind = DiskKind::directory;
    } else if (S_ISREG(status.st_mode)) {
        shape.kind = DiskKind::file;
        shape.size_bytes = static_cast<std::uint64_t>(status.st_size);
        shape.in_memory = is_in_memory(fd);
    } else if (S_ISBLK(status.st_mode)) {
        int sector = 0;
        int read_only = 0;
        shape.kind = DiskKind::block_device;
        if (::ioctl(fd, BLKGETSIZE64, &shape.size_bytes) != 0 ||
            ::ioctl(fd, BLKSSZGET, &sector) != 0 || ::ioctl(fd, BLKROGET, &read_only) != 0) {
            return fail_errno("ask the size of", path);
        }
        shape.sector_bytes = static_cast<std::uint32_t>(sector);
        shape.read_only = read_only != 0;
    }
    return shape;
}

Result<bool> lock_disk_for_writing(int fd, const std::string& path) {
    if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return true;
    if (errno == EWOULDBLOCK) return false;
    if (errno == ENOLCK || errno == EOPNOTSUPP || errno == ENOSYS) return true;
    return fail_errno("lock", path);
}

void unlock_disk(int fd) { (void)::flock(fd, LOCK_UN); }

CachedRead read_cached(int fd, std::uint64_t offset_bytes, ByteSpan into) {
    const iovec place{.iov_base = into.data(), .iov_len = into.size()};
    const ssize_t got = ::preadv2(fd, &place, 1, as_off_t(offset_bytes), RWF_NOWAIT);
    const bool all = got >= 0 && static_cast<std::size_t>(got) == into.size();
    return all ? CachedRead::done : CachedRead::not_cached;
}

Result<void> read_at(int fd, std::uint64_t offset_bytes, ByteSpan into) {
    while (!into.empty()) {
        const ssize_t got = ::pread(fd, into.data(), into.size(), as_off_t(offset_bytes));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read", "");
        if (got == 0)
            return fail("read", "", cat("the image ends at or before byte ", offset_bytes),
                        ENODATA);
        offset_bytes += static_cast<std::size_t>(got);
        into = into.subspan(static_cast<std::size_t>(got));
    }
    return {};
}

Result<void> write_at(int fd, std::uint64_t offset_bytes, ByteView bytes) {
    while (!bytes.empty()) {
        const ssize_t put = ::pwrite(fd, bytes.data(), bytes.size(), as_off_t(offset_bytes));
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return fail_errno("write", "");
        offset_bytes += static_cast<std::size_t>(put);
        bytes = bytes.subspan(static_cast<std::size_t>(put));
    }
    return {};
}

Result<void> discard(int fd, Extent extent) {
    // Only advice: where holes are unknown the contents stay, which is allowed.
    NBDROOT_CHECK(allocate(fd, FALLOC_FL_PUNCH_HOLE, extent));
    return {};
}

Result<void> zero(int fd, Extent extent, Holes holes) {
    if (holes == Holes::allowed && NBDROOT_TRY(allocate(fd, FALLOC_FL_PUNCH_HOLE, extent))) {
        return {};
    }
    if (NBDROOT_TRY(allocate(fd, FALLOC_FL_ZERO_RANGE, extent))) return {};
    return write_zeroes(fd, extent);
}

Result<void> prefetch(int fd, Extent extent) {
    const int code = ::posix_fadvise(fd, as_off_t(extent.offset_bytes),
                                     as_off_t(extent.length_bytes), POSIX_FADV_WILLNEED);
    if (code != 0) return fail_errno("prefetch", "", code);
    return {};
}

Result<void> resize(int fd, std::uint64_t bytes) {
    if (::ftruncate(fd, as_off_t(bytes)) != 0) return fail_errno("resize", "");
    return {};
}

Result<void> sync_data(int fd) {
    if (::fdatasync(fd) != 0) return fail_errno("sync", "");
    return {};
}

}  // namespace nbdroot::sys
