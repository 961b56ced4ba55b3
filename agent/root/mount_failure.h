// Why a root cannot be mounted, and the way out: the words. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/disk/superblock.h"
#include "agent/root/partition_node.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

struct FailedMount {
    std::string node;
    std::string type;            // that was tried
    std::string found;           // by its superblock; empty: unknown
    int code = 0;                // errno
    bool type_is_given = false;  // by rootfstype=
    bool is_below_overlay = false;
};

[[nodiscard]] Failure mount_failure(const FailedMount& failed);

// nullopt where the file system FOUND fits into SIZE_BYTES: nobody mounts what would fail with I/O
// errors later.
[[nodiscard]] std::optional<Failure> too_small(const std::string& node,
                                               const disk::Superblock& found,
                                               std::uint64_t size_bytes);

// ERROR, of a search among the partitions, with what is wrong with their table.
[[nodiscard]] Failure with_trouble(Error error, const TableFacts& facts);

// For the log, where rw was asked of an export that the server gives read-only.
[[nodiscard]] std::string read_only_export(const std::string& device);

}  // namespace nbdroot::agent::root
