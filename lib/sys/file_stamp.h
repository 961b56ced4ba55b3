// Which file it is, and what shows that somebody has changed it.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

struct FileStamp {
    std::uint64_t device = 0;  // of a block device: its own number, of a file: its file system's
    std::uint64_t inode = 0;   // of a block device: 0, its node may be made anew
    std::uint64_t size_bytes = 0;
    std::int64_t modified_ns = 0;  // of a block device: 0, writing to it leaves no trace

    [[nodiscard]] bool same_file(const FileStamp& other) const {
        return device == other.device && inode == other.inode;
    }
    bool operator==(const FileStamp&) const = default;
};

// Of the open file FD. Costs one system call for a file.
Result<FileStamp> stamp_of(int fd, const std::string& path);

// Of what is there now; of a block device without its size, which only an open one tells.
Result<FileStamp> stamp_at(const std::string& path);

}  // namespace nbdroot::sys
