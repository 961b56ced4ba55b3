// What tells a disk that is written in place from another one that took its name.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

struct DiskIdentity {
    // A file: its inode and its birth time, which is as good as a random number. Not its file
    // system: both st_dev and, of XFS, vfat, f2fs and NFS, statfs(2)'s f_fsid are the number of the
    // device, which the next boot may give to another one.
    std::uint64_t inode = 0;
    std::int64_t birth_seconds = 0;  // 0 and 0: the file system keeps no birth times
    std::uint32_t birth_nanoseconds = 0;
    // Only where there is no birth time: f_fsid, else st_dev. 0: not needed.
    std::uint64_t file_system = 0;
    // A block device, whose node is made anew with every boot: the device mapper's UUID (LVM,
    // dm-crypt), else the path by which it was opened.
    std::string volume;

    bool operator==(const DiskIdentity&) const = default;
};

Result<DiskIdentity> identify_disk(int fd, const std::string& path);

}  // namespace nbdroot::sys
