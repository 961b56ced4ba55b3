#include "server/storage/overlay/log_record.h"

#include <cstring>

#include "lib/base/assert.h"
#include "lib/base/crc32c.h"
#include "lib/base/endian.h"

namespace nbdroot::server::storage::overlay {
namespace {

struct Wire {
    be64 number;          // the first block, or what a barrier covers
    be32 kind_and_count;  // the kind in the highest byte
    be32 crc;
};
static_assert(sizeof(Wire) == kRecordBytes);

constexpr unsigned kCountBits = 24;

std::uint32_t crc_of(ByteView bytes, std::uint32_t before) {
    return base::crc32c(bytes.first(offsetof(Wire, crc)), before);
}

}  // namespace

EncodedRecord encode_record(const LogRecord& record, std::uint32_t before) {
    NBDROOT_ASSERT(record.blocks.count <= kMaximumRecordBlocks);
    Wire wire{.number = record.changes_blocks() ? record.blocks.first : record.covers,
              .kind_and_count = static_cast<std::uint32_t>(record.kind) << kCountBits |
                                static_cast<std::uint32_t>(record.blocks.count),
              .crc = 0};
    EncodedRecord encoded;
    std::memcpy(encoded.bytes.data(), &wire, sizeof wire);
    encoded.crc = crc_of(encoded.bytes, before);
    wire.crc = encoded.crc;
    std::memcpy(encoded.bytes.data(), &wire, sizeof wire);
    return encoded;
}

std::optional<DecodedRecord> decode_record(ByteView bytes, std::uint32_t before) {
    ByteReader in(bytes);
    const auto wire = in.value<Wire>();
    if (!wire || wire->crc != crc_of(bytes, before)) return std::nullopt;
    const std::uint32_t kind = wire->kind_and_count >> kCountBits;
    const std::uint64_t count = wire->kind_and_count & kMaximumRecordBlocks;
    DecodedRecord decoded{.record = {}, .crc = wire->crc};
    switch (kind) {
        case static_cast<std::uint32_t>(LogRecord::Kind::data):
        case static_cast<std::uint32_t>(LogRecord::Kind::zero):
            if (count == 0) return std::nullopt;
            decoded.record.blocks = {.first = wire->number, .count = count};
            break;
        case static_cast<std::uint32_t>(LogRecord::Kind::barrier):
        case static_cast<std::uint32_t>(LogRecord::Kind::broken):
        case static_cast<std::uint32_t>(LogRecord::Kind::closed):
            if (count != 0) return std::nullopt;
            decoded.record.covers = wire->number;
            break;
        default:
            return std::nullopt;
    }
    decoded.record.kind = static_cast<LogRecord::Kind>(kind);
    return decoded;
}

}  // namespace nbdroot::server::storage::overlay
