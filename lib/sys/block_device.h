// Block devices from user space.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace nbdroot::sys {

// The first COUNT bytes of PATH, fewer where it is shorter.
[[nodiscard]] Result<Bytes> read_start(const std::string& path, std::size_t count);

// COUNT bytes at OFFSET_BYTES; a device that ends before is an error.
[[nodiscard]] Result<Bytes> read_range(const std::string& path, std::uint64_t offset_bytes,
                                       std::size_t count);

struct BlockGeometry {
    std::uint64_t size_bytes = 0;
    std::uint32_t block_bytes = 512;  // the logical block size
};
[[nodiscard]] Result<BlockGeometry> block_geometry(const std::string& path);

[[nodiscard]] bool is_block_device(const std::string& path);

// Whether somebody has PATH, or a part of it, for himself (O_EXCL): a mount, a checker.
[[nodiscard]] bool is_in_use(const std::string& path);

// Makes the kernel read the partition table of PATH again (BLKRRPART); the partitions' nodes are
// there when it returns. EINVAL: the driver was loaded without room for partitions.
[[nodiscard]] Result<void> read_partitions(const std::string& path);

// What was written to PATH is on the server's medium (fsync(2)).
[[nodiscard]] Result<void> flush_device(const std::string& path);

// sync(2): everything that any file system has to write.
void write_back_all();

// Whether anybody, be it a file system, may write to the device PATH from now on (BLKROSET). What
// its driver forbids stays forbidden.
enum class Writing { forbidden, allowed };
[[nodiscard]] Result<void> set_writing(const std::string& path, Writing writing);

}  // namespace nbdroot::sys
