#include "lib/sys/file_version.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

constexpr std::int64_t kNanosecondsPerSecond = 1'000'000'000;

std::int64_t nanoseconds(const statx_timestamp& time) {
    return time.tv_sec * kNanosecondsPerSecond + time.tv_nsec;
}

}  // namespace

Result<FileVersion> version_of(int fd, const std::string& path, Asking asking) {
    struct statx status {};
    const int flags =
        AT_EMPTY_PATH | (asking == Asking::nobody ? AT_STATX_DONT_SYNC : AT_STATX_SYNC_AS_STAT);
    if (::statx(fd, "", flags, STATX_BASIC_STATS, &status) != 0) return fail_errno("stat", path);
    if (!S_ISREG(status.stx_mode)) {
        return fail("stat", path, "a device, where what is written leaves no trace", EOPNOTSUPP);
    }
    return FileVersion{.inode = status.stx_ino,
                       .size_bytes = status.stx_size,
                       .modified_ns = nanoseconds(status.stx_mtime),
                       .changed_ns = nanoseconds(status.stx_ctime)};
}

}  // namespace nbdroot::sys
