#include "lib/sys/file_stamp.h"

#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

FileStamp stamp_of(const struct stat& status) {
    if (S_ISBLK(status.st_mode)) return {.device = status.st_rdev};
    return {.device = status.st_dev,
            .inode = status.st_ino,
            .size_bytes = static_cast<std::uint64_t>(status.st_size),
            .modified_ns = status.st_mtim.tv_sec * kNanosecondsPerSecond + status.st_mtim.tv_nsec};
}

}  // namespace

Result<FileStamp> stamp_of(int fd, const std::string& path) {
    struct stat status {};
    if (::fstat(fd, &status) != 0) return fail_errno("stat", path);
    FileStamp stamp = stamp_of(status);
    if (S_ISBLK(status.st_mode) && ::ioctl(fd, BLKGETSIZE64, &stamp.size_bytes) != 0) {
        return fail_errno("ask the size of", path);
    }
    return stamp;
}

Result<FileStamp> stamp_at(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return fail_errno("stat", path);
    return stamp_of(status);
}

}  // namespace nbdroot::sys
