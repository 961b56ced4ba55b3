// The superblock probe over any start of a device: no read outside it, and what is found is
// bounded.
#include <cstddef>
#include <cstdint>

#include "agent/disk/superblock.h"
#include "agent/disk/unknown_content.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot;
    const ByteView bytes = std::as_bytes(std::span(data, size));
    if (const auto found = agent::disk::probe_superblock(bytes)) {
        NBDROOT_ASSERT(!found->file_system.empty());
        NBDROOT_ASSERT(found->uuid.empty() || found->uuid.size() == 36);
        NBDROOT_ASSERT(found->label.size() <= 384);
    }
    NBDROOT_ASSERT(
        !agent::disk::describe_unknown({.start = bytes, .device = "/dev/nbd0", .table = {}})
             .empty());
    return 0;
}
