// The map file of an overlay: whatever is believed reads the same once written again.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "lib/base/assert.h"
#include "lib/base/crc32c.h"
#include "server/storage/overlay/map_file.h"
#include "server/storage/overlay/snapshot.h"

using nbdroot::Bytes;
using nbdroot::ByteView;
using namespace nbdroot::server::storage::overlay;

namespace {

// Checksums are beyond what a fuzzer guesses: these fit, so that what they guard is reached.
void repair(Bytes& bytes) {
    const nbdroot::be32 header_bytes = static_cast<std::uint32_t>(bytes.size());
    if (bytes.size() < 96) return;
    nbdroot::be32 claimed;
    std::memcpy(&claimed, bytes.data() + 20, sizeof claimed);
    const std::size_t header = claimed;
    if (header < 96 || header > header_bytes) return;
    nbdroot::be64 snapshot_bytes;
    std::memcpy(&snapshot_bytes, bytes.data() + 72, sizeof snapshot_bytes);
    const std::size_t rest = bytes.size() - header;
    if (snapshot_bytes > rest) return;
    const ByteView all = bytes;
    const nbdroot::be32 snapshot_crc = nbdroot::base::crc32c(all.subspan(header, snapshot_bytes));
    std::memcpy(bytes.data() + 80, &snapshot_crc, sizeof snapshot_crc);
    nbdroot::be32 crc = nbdroot::base::crc32c(all.first(header - 4));
    std::memcpy(bytes.data() + header - 4, &crc, sizeof crc);
    std::size_t at = (header + snapshot_bytes + 15) / 16 * 16;
    for (; at + 16 <= bytes.size(); at += 16) {
        crc = nbdroot::base::crc32c(all.subspan(at, 12), crc);
        std::memcpy(bytes.data() + at + 12, &crc, sizeof crc);
    }
}

void try_as(const Bytes& bytes, Survived survived) {
    const auto file = decode_map_file(bytes, survived);
    if (!file) return;
    const auto again = decode_map_file(encode_map_file(file->header, encode_snapshot(file->map)),
                                       Survived::synced_writes);
    NBDROOT_ASSERT(again.has_value());
    NBDROOT_ASSERT(again->header.identity == file->header.identity);
    NBDROOT_ASSERT(encode_snapshot(again->map) == encode_snapshot(file->map));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto* const begin = reinterpret_cast<const std::byte*>(data);
    Bytes bytes(begin, begin + size);
    try_as(bytes, Survived::all_writes);
    repair(bytes);
    try_as(bytes, Survived::all_writes);
    try_as(bytes, Survived::synced_writes);
    return 0;
}
