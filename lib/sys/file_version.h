// What changes whenever somebody writes to a file, or puts its times back.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

struct FileVersion {
    std::uint64_t inode = 0;
    std::uint64_t size_bytes = 0;
    std::int64_t modified_ns = 0;  // since 1970
    std::int64_t changed_ns = 0;   // of its status: no call sets it to what it was

    bool operator==(const FileVersion&) const = default;
};

// Whether a network file system's server is asked: that may wait. Of a file on a disk here both are
// the same.
enum class Asking { its_server, nobody };

// An Error, EOPNOTSUPP, of a block device: what is written to it leaves no trace.
[[nodiscard]] Result<FileVersion> version_of(int fd, const std::string& path, Asking asking);

}  // namespace nbdroot::sys
