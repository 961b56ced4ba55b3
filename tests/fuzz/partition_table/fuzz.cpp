// The partition table of any disk: no read outside it, partitions that lie on it, an end in bounded
// time. The first byte chooses the device's block size. The sums of a GPT are mended first, or
// nothing would ever get beyond them.
#include <cstddef>
#include <cstdint>

#include "agent/disk/partition_table.h"
#include "lib/base/assert.h"
#include "tests/unit/agent/disk/gpt_image.h"

namespace {

using namespace nbdroot;
using namespace nbdroot::agent::disk;

// 400 links of an MBR, and the headers of a GPT with their entries.
constexpr int kReadsMaximum = 410;

void mend(DiskImage& image) {
    constexpr std::size_t kHeaderEnd = 1024;
    if (image.bytes.size() < kHeaderEnd) return;
    const auto field = [&image](std::size_t offset) {
        return std::to_integer<std::size_t>(image.bytes[512 + offset]);
    };
    image.put_number(512 + 12, 92, 4).put_number(512 + 24, 1, 8);
    image.put_number(512 + 72, field(72), 8).put_number(512 + 80, field(80), 4);
    image.put_number(512 + 84, 128, 4);
    if (image.bytes.size() / 512 >= field(72) + field(80) / 4 + 1) image.seal(1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::uint32_t block_bytes = (data[0] & 1) != 0 ? 4096 : 512;
    DiskImage image(size - 1, block_bytes);
    const ByteView bytes = std::as_bytes(std::span(data, size)).subspan(1);
    image.put(0, base::as_text(bytes));
    if ((data[0] & 2) != 0 && block_bytes == 512) mend(image);
    int reads = 0;
    Disk disk = image.disk();
    disk.read = [&reads, read = disk.read](std::uint64_t offset, std::size_t length) {
        NBDROOT_ASSERT(++reads <= kReadsMaximum);
        auto found = read(offset, length);
        NBDROOT_ASSERT(found.has_value());
        return found;
    };
    const auto table = read_partition_table(disk);
    NBDROOT_ASSERT(table.has_value());
    NBDROOT_ASSERT(table->partitions.size() <= 256);
    for (const Partition& partition : table->partitions) {
        NBDROOT_ASSERT(partition.number > 0 && partition.number <= 255);
        NBDROOT_ASSERT(partition.size_bytes > 0 || partition.missing_bytes > 0);
        if (partition.size_bytes == 0) continue;
        NBDROOT_ASSERT(partition.offset_bytes <= disk.size_bytes);
        NBDROOT_ASSERT(partition.size_bytes <= disk.size_bytes - partition.offset_bytes);
    }
    return 0;
}
