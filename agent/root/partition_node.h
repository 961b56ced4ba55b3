// The kernel's node of a partition: waiting for it, and why it may not come.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/root/volume.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

struct TableFacts {
    std::uint32_t device_block_bytes = 512;
    std::uint32_t table_block_bytes = 512;  // what the table was made for
    bool from_backup = false;               // GPT: the header at the start is damaged
};

// Returns once VOLUMES.front() (the device) has the partition NODE. One that is among VOLUMES is
// waited for, by event and for at most 5 s; any other has to be there after the kernel has read the
// table once more. An Error says why it may be missing, and the way out.
[[nodiscard]] Result<void> expect_partition(const std::string& node, const Volumes& volumes,
                                            const TableFacts& table);

// The reason for that Error. MAX_PART is the nbd driver's parameter, where it is known. Pure.
[[nodiscard]] std::string why_missing(const std::string& node, const Volumes& volumes,
                                      const TableFacts& table,
                                      std::optional<std::uint64_t> max_part);

}  // namespace nbdroot::agent::root
