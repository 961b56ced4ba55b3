#include "lib/sys/disk_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include <cstring>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {
namespace {

std::string volume_of(unsigned major, unsigned minor, const std::string& path) {
    auto uuid = read_text_file(cat("/sys/dev/block/", major, ':', minor, "/dm/uuid"), 4096);
    if (!uuid || uuid->empty() || *uuid == "\n") return path;
    return *uuid;
}

std::uint64_t file_system_of(int fd, const struct statx& status) {
    struct statfs system {};
    std::uint64_t number = 0;
    static_assert(sizeof system.f_fsid == sizeof number);
    if (::fstatfs(fd, &system) == 0) std::memcpy(&number, &system.f_fsid, sizeof number);
    return number != 0 ? number : ::makedev(status.stx_dev_major, status.stx_dev_minor);
}

}  // namespace

Result<DiskIdentity> identify_disk(int fd, const std::string& path) {
    struct statx status {};
    if (::statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &status) != 0) {
        return fail_errno("stat", path);
    }
    DiskIdentity identity;
    if (S_ISBLK(status.stx_mode)) {
        identity.volume = volume_of(status.stx_rdev_major, status.stx_rdev_minor, path);
        return identity;
    }
    identity.inode = status.stx_ino;
    if ((status.stx_mask & STATX_BTIME) == 0) {
        identity.file_system = file_system_of(fd, status);
        return identity;
    }
    identity.birth_seconds = status.stx_btime.tv_sec;
    identity.birth_nanoseconds = status.stx_btime.tv_nsec;
    return identity;
}

}  // namespace nbdroot::sys
