// The mount table over any text: what is read is of the text, and every decision about it ends.
#include <cstddef>
#include <cstdint>

#include "agent/exit/plan.h"
#include "lib/base/assert.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot;
    using agent::exit::Place;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto table = agent::exit::parse_mount_table(text);
    if (!table) return 0;
    const agent::exit::Disk disk{.name = "nbd0", .numbers = {"43:0"}};
    for (const Place place : {Place::pivoted, Place::inside}) {
        const auto order = unmount_order(*table, disk, place);
        NBDROOT_ASSERT(order.size() <= table->size());
        for (const auto& mount : order) NBDROOT_ASSERT(mount.point.size() <= size);
        NBDROOT_ASSERT(writable_points(*table, disk, place).size() <= table->size());
    }
    return 0;
}
