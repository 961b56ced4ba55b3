#include "server/storage/overlay/map_header.h"

#include <algorithm>
#include <string_view>

#include "lib/base/crc32c.h"
#include "lib/base/endian.h"
#include "lib/base/text.h"
#include "server/storage/overlay/block.h"

namespace nbdroot::server::storage::overlay {
namespace {

constexpr std::string_view kMagic = "nbdroot overlay\n";
constexpr std::uint32_t kVersion = 1;
// Bounds the memory that a map can ask for by naming blocks far away: some MiB.
constexpr std::uint64_t kMaximumBytes = std::uint64_t{8} << 50;

struct Fixed {
    std::array<char, 16> magic{};
    be32 version;
    be32 header_bytes;  // all of it, the checksum at its end included
    be32 block_bytes;
    be32 reserved;
    be64 image_bytes;
    be64 created_seconds;
    BootId boot{};
    be64 first_sequence;
    be64 snapshot_bytes;
    be32 snapshot_crc;
    be16 base_id_bytes;
    be16 export_name_bytes;
    be16 machine_bytes;
    be16 reserved_too;
};
static_assert(sizeof(Fixed) == 92 && alignof(Fixed) == 1);

std::string_view cut(std::string_view text) { return text.substr(0, kMaximumTextBytes); }

be16 length_of(std::string_view text) { return static_cast<std::uint16_t>(cut(text).size()); }

Result<void> check(const Fixed& fixed) {
    if (std::string_view(fixed.magic.data(), fixed.magic.size()) != kMagic) {
        return fail("read", "", "not the map of an overlay");
    }
    if (fixed.version != kVersion) {
        return fail("read", "",
                    cat("version ", std::uint32_t{fixed.version}, " is unknown; this is version ",
                        kVersion));
    }
    if (fixed.block_bytes != kBlockBytes) {
        return fail(
            "read", "",
            cat("blocks of ", std::uint32_t{fixed.block_bytes}, " B, not ", kBlockBytes, " B"));
    }
    if (fixed.image_bytes == 0 || fixed.image_bytes > kMaximumBytes ||
        fixed.snapshot_bytes > kMaximumBytes) {
        return fail("read", "", "a size that cannot be");
    }
    return {};
}

}  // namespace

std::uint64_t DecodedHeader::log_offset() const {
    const std::uint64_t end = header_bytes + header.snapshot_bytes;
    return (end + kRecordBytes - 1) / kRecordBytes * kRecordBytes;
}

Bytes encode_header(const MapHeader& header) {
    const OverlayIdentity& identity = header.identity;
    Fixed fixed{.version = kVersion,
                .header_bytes = 0,
                .block_bytes = static_cast<std::uint32_t>(kBlockBytes),
                .reserved = 0,
                .image_bytes = identity.image_bytes,
                .created_seconds = identity.created_seconds,
                .boot = header.boot,
                .first_sequence = header.first_sequence,
                .snapshot_bytes = header.snapshot_bytes,
                .snapshot_crc = header.snapshot_crc,
                .base_id_bytes = length_of(identity.base_id),
                .export_name_bytes = length_of(identity.export_name),
                .machine_bytes = length_of(identity.machine),
                .reserved_too = 0};
    std::copy(kMagic.begin(), kMagic.end(), fixed.magic.begin());
    const std::size_t texts = cut(identity.base_id).size() + cut(identity.export_name).size() +
                              cut(identity.machine).size();
    fixed.header_bytes = static_cast<std::uint32_t>(sizeof fixed + texts + sizeof(be32));
    Bytes bytes;
    ByteWriter out(bytes);
    out.value(fixed);
    out.text(cut(identity.base_id));
    out.text(cut(identity.export_name));
    out.text(cut(identity.machine));
    out.be_u32(base::crc32c(bytes));
    return bytes;
}

Result<DecodedHeader> decode_header(ByteView bytes) {
    ByteReader in(bytes);
    const auto fixed = in.value<Fixed>();
    if (!fixed) return fail("read", "", "too short for a header");
    NBDROOT_CHECK(check(*fixed));
    const auto base_id = in.text(fixed->base_id_bytes);
    const auto export_name = in.text(fixed->export_name_bytes);
    const auto machine = in.text(fixed->machine_bytes);
    const std::size_t checked = bytes.size() - in.remaining();
    const auto crc = in.be_u32();
    const std::size_t header_bytes = bytes.size() - in.remaining();
    if (!base_id || !export_name || !machine || !crc || fixed->header_bytes != header_bytes) {
        return fail("read", "", "the header's length does not fit its texts");
    }
    if (*crc != base::crc32c(bytes.first(checked))) {
        return fail("read", "", "the header's checksum is wrong");
    }
    return DecodedHeader{.header = {.identity = {.base_id = std::string(*base_id),
                                                 .image_bytes = fixed->image_bytes,
                                                 .export_name = std::string(*export_name),
                                                 .machine = std::string(*machine),
                                                 .created_seconds = fixed->created_seconds},
                                    .boot = fixed->boot,
                                    .first_sequence = fixed->first_sequence,
                                    .snapshot_bytes = fixed->snapshot_bytes,
                                    .snapshot_crc = fixed->snapshot_crc},
                         .header_bytes = header_bytes,
                         .crc = *crc};
}

}  // namespace nbdroot::server::storage::overlay
