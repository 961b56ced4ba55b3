#include "lib/sys/sparse.h"

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace nbdroot::sys {
namespace {

Stretch up_to(off_t end_bytes, Extent extent, bool is_hole) {
    const std::uint64_t length = static_cast<std::uint64_t>(end_bytes) - extent.offset_bytes;
    return {.length_bytes = std::min(length, extent.length_bytes), .is_hole = is_hole};
}

}  // namespace

Stretch stretch_at(int fd, Extent extent) {
    const auto offset = static_cast<off_t>(extent.offset_bytes);
    const Stretch all_data{.length_bytes = extent.length_bytes};
    const off_t data = ::lseek(fd, offset, SEEK_DATA);
    if (data > offset) return up_to(data, extent, true);
    if (data < 0) {
        if (errno != ENXIO) return all_data;
        const off_t end = ::lseek(fd, 0, SEEK_END);
        return end > offset ? up_to(end, extent, true) : all_data;
    }
    const off_t hole = ::lseek(fd, offset, SEEK_HOLE);
    return hole > offset ? up_to(hole, extent, false) : all_data;
}

bool knows_holes(int fd) {
    struct stat status {};
    struct statfs system {};
    return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && ::fstatfs(fd, &system) == 0 &&
           system.f_type != FUSE_SUPER_MAGIC;
}

}  // namespace nbdroot::sys
