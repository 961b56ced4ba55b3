// A file or block device that holds the bytes of a disk: open, measure, read, write, discard.
//
// Every call here works on any thread. Results carry errno; the caller knows the path.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

enum class DiskKind { file, block_device, directory, other };

struct DiskShape {
    DiskKind kind = DiskKind::other;
    std::uint64_t size_bytes = 0;    // file and block_device only
    std::uint32_t sector_bytes = 1;  // what a block device reads and writes at least
    bool read_only = false;          // a block device that opens for writing and refuses each write
    bool in_memory = false;          // a file of tmpfs or ramfs: no disk is ever waited for
};

struct Extent {
    std::uint64_t offset_bytes = 0;
    std::uint64_t length_bytes = 0;
};

Result<DiskShape> measure_disk(int fd, const std::string& path);

// False: another process has it locked so (flock(2)). File systems without locks say true.
Result<bool> lock_disk_for_writing(int fd, const std::string& path);

void unlock_disk(int fd);

enum class CachedRead { done, not_cached };
// All of INTO, if the page cache has it (RWF_NOWAIT); never waits for a disk. Anything else, an
// error or an unable file system included, is not_cached: the waiting read will say why.
[[nodiscard]] CachedRead read_cached(int fd, std::uint64_t offset_bytes, ByteSpan into);

// All of INTO. A disk that ends too early is an error (reason "the image ends at byte N", code
// ENODATA).
Result<void> read_at(int fd, std::uint64_t offset_bytes, ByteSpan into);

Result<void> write_at(int fd, std::uint64_t offset_bytes, ByteView bytes);

// The extent may become a hole; it keeps or loses its contents.
Result<void> discard(int fd, Extent extent);

enum class Holes { allowed, forbidden };
// The extent reads as zeroes; where holes are forbidden its space stays, or becomes, reserved.
Result<void> zero(int fd, Extent extent, Holes holes);

// The extent is brought into the page cache, as far as the system likes.
Result<void> prefetch(int fd, Extent extent);

// A file becomes shorter, or longer by a hole.
Result<void> resize(int fd, std::uint64_t bytes);

// fdatasync(2): what was written is on the medium.
Result<void> sync_data(int fd);

}  // namespace nbdroot::sys
