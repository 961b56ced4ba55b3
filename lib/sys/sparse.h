// Where a file has holes.
#pragma once

#include <cstdint>

#include "lib/sys/disk.h"

namespace nbdroot::sys {

// From its offset on, alike; never empty.
struct Stretch {
    std::uint64_t length_bytes = 0;
    bool is_hole = false;  // reads as zeroes
};

// What EXTENT begins with, and how much of it (SEEK_DATA, SEEK_HOLE). A hole is only what the file
// system calls one: whatever it cannot tell, and all behind the end of the file, is none. Moves the
// position of FD, which nothing here uses.
[[nodiscard]] Stretch stretch_at(int fd, Extent extent);

// False where the kernel answers for a file system without asking for what was written last: FUSE
// with its write-back cache.
[[nodiscard]] bool knows_holes(int fd);

}  // namespace nbdroot::sys
