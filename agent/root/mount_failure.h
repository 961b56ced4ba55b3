// Why a root cannot be mounted, and the way out: the words. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/disk/superblock.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

struct FailedMount {
    std::string node;
    std::string type;   // that was tried
    std::string found;  // by its superblock; empty: unknown
    int code = 0;       // errno
};

[[nodiscard]] Failure mount_failure(const FailedMount& failed);

// nullopt where the file system FOUND fits into SIZE_BYTES: nobody mounts what would fail with I/O
// errors later.
[[nodiscard]] std::optional<Failure> too_small(const std::string& node,
                                               const disk::Superblock& found,
                                               std::uint64_t size_bytes);

// For the log, where rw was asked of an export that the server gives read-only.
[[nodiscard]] std::string read_only_export(const std::string& device);

}  // namespace nbdroot::agent::root
