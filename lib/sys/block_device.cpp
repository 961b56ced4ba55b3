#include "lib/sys/block_device.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {

namespace {

// Fewer than COUNT bytes where the device ends before.
Result<Bytes> read_at(const std::string& path, std::uint64_t offset_bytes, std::size_t count) {
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY));
    Bytes bytes(count);
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = ::pread(fd.get(), bytes.data() + filled, count - filled,
                                    static_cast<off_t>(offset_bytes + filled));
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read", path);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
}

}  // namespace

Result<Bytes> read_start(const std::string& path, std::size_t count) {
    return read_at(path, 0, count);
}

Result<Bytes> read_range(const std::string& path, std::uint64_t offset_bytes, std::size_t count) {
    auto bytes = NBDROOT_TRY(read_at(path, offset_bytes, count));
    if (bytes.size() == count) return bytes;
    return fail("read", path,
                cat("it ends at ", offset_bytes + bytes.size(), " bytes, before the ",
                    offset_bytes + count, " that were to be read"));
}

Result<BlockGeometry> block_geometry(const std::string& path) {
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY));
    const off_t end = ::lseek(fd.get(), 0, SEEK_END);
    int block_bytes = 0;
    if (end < 0 || ::ioctl(fd.get(), BLKSSZGET, &block_bytes) != 0 || block_bytes <= 0) {
        return fail_errno("find the size of", path);
    }
    return BlockGeometry{.size_bytes = static_cast<std::uint64_t>(end),
                         .block_bytes = static_cast<std::uint32_t>(block_bytes)};
}

bool is_block_device(const std::string& path) {
    struct stat info {};
    return ::stat(path.c_str(), &info) == 0 && S_ISBLK(info.st_mode);
}

bool is_in_use(const std::string& path) {
    const auto alone = open_file(path, O_RDONLY | O_EXCL);
    return !alone && alone.error().code == EBUSY;
}

Result<void> read_partitions(const std::string& path) {
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY));
    if (::ioctl(fd.get(), BLKRRPART) != 0) return fail_errno("read the partition table of", path);
    return {};
}

Result<void> flush_device(const std::string& path) {
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY));
    if (::fsync(fd.get()) != 0) return fail_errno("flush", path);
    return {};
}

void write_back_all() { ::sync(); }

Result<void> set_writing(const std::string& path, Writing writing) {
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY));
    const int is_read_only = writing == Writing::forbidden ? 1 : 0;
    if (::ioctl(fd.get(), BLKROSET, &is_read_only) == 0) return {};
    return fail_errno(is_read_only != 0 ? "make read-only" : "make writable", path);
}

}  // namespace nbdroot::sys
