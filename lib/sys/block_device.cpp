#include "lib/sys/block_device.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/fs.h>

#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {

Result<Bytes> read_start(const std::string& path, std::size_t count) {
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY));
    Bytes bytes(count);
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = ::read(fd.get(), bytes.data() + filled, count - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read", path);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
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

Result<DeviceUse> flush_device(const std::string& path) {
    // A claim for an instant: whatever mounts holds one for itself.
    const auto claimed = open_file(path, O_RDONLY | O_EXCL);
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY));
    if (::fsync(fd.get()) != 0) return fail_errno("flush", path);
    return claimed ? DeviceUse::free : DeviceUse::in_use;
}

void write_back_all() { ::sync(); }

}  // namespace nbdroot::sys
