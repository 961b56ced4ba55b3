// What tells a disk that is written in place from another one that took its name.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

struct DiskIdentity {
    // A file. The file system is named by statfs(2)'s f_fsid where it has one: st_dev is a number
    // that the next boot may give to somebody else.
    std::uint64_t file_system = 0;
    std::uint64_t inode = 0;
    std::int64_t birth_seconds = 0;  // 0 and 0: the file system keeps no birth times
    std::uint32_t birth_nanoseconds = 0;
    // A block device, whose node is made anew with every boot: the device mapper's UUID (LVM,
    // dm-crypt), else the path by which it was opened.
    std::string volume;

    bool operator==(const DiskIdentity&) const = default;
};

Result<DiskIdentity> identify_disk(int fd, const std::string& path);

}  // namespace nbdroot::sys
