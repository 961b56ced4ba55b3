#include "lib/protocol/nbd/received_infos.h"

#include <algorithm>
#include <bit>

#include "lib/base/text.h"
#include "lib/protocol/nbd/export_query.h"
#include "lib/protocol/nbd/handshake_wire.h"

namespace nbdroot::protocol::nbd {
namespace {

constexpr std::uint32_t kLargestMinimumBlock = 65536;  // proto.md, "Block size constraints"

Failure broken(std::string_view reason) { return fail("parse", "export information", reason); }

template <class T>
Result<void> set_once(std::optional<T>& known, T value, std::string_view what) {
    if (known && *known != value) return broken(cat("two different items for its ", what));
    known = std::move(value);
    return {};
}

Result<void> add_string(std::optional<std::string>& known, std::string_view text,
                        std::string_view what) {
    if (!is_valid_string(text)) {
        return broken(cat("a ", what, " that is too long or contains a NUL byte"));
    }
    return set_once(known, std::string(text), what);
}

Result<void> check_block_sizes(const BlockSizes& sizes, std::uint64_t size_bytes) {
    const auto refused = [&](std::string_view why) {
        return broken(cat("block sizes ", sizes.minimum, ", ", sizes.preferred, ", ",
                          sizes.maximum_payload, " bytes: ", why));
    };
    if (!std::has_single_bit(sizes.minimum) || !std::has_single_bit(sizes.preferred)) {
        return refused("minimum and preferred must be powers of two");
    }
    if (sizes.minimum > kLargestMinimumBlock) return refused("the minimum is above 65536");
    if (sizes.preferred < sizes.minimum) return refused("the preferred is below the minimum");
    // Older texts of proto.md let a small export have a small maximum.
    const std::uint64_t least = std::min<std::uint64_t>(sizes.preferred, size_bytes);
    if (sizes.maximum_payload < least || sizes.maximum_payload < sizes.minimum) {
        return refused("the maximum is below the preferred");
    }
    return {};
}

// 0xffffffff means that there is no limit.
std::uint32_t whole_blocks(const BlockSizes& sizes) {
    if (sizes.maximum_payload == UINT32_MAX) return UINT32_MAX;
    return sizes.maximum_payload - sizes.maximum_payload % sizes.minimum;
}

}  // namespace

Result<void> check_size(std::uint64_t size_bytes) {
    if (size_bytes <= INT64_MAX) return {};
    return broken(cat("a size of ", size_bytes, " bytes, above 2^63 - 1"));
}

Result<void> ReceivedInfos::add(ByteView data) {
    ByteReader reader(data);
    const auto type = reader.be_u16();
    if (!type) return broken("an item of fewer than 2 bytes");
    const std::string_view text = base::as_text(reader.rest());
    switch (static_cast<Info>(*type)) {
        case Info::export_:
            return add_export(data);
        case Info::block_size:
            return add_block_sizes(data);
        case Info::name:
            return add_string(name_, text, "name");
        case Info::description:
            return add_string(description_, text, "description");
    }
    return {};
}

Result<void> ReceivedInfos::add_export(ByteView data) {
    if (data.size() != sizeof(ExportInfoWire)) {
        return broken(
            cat("NBD_INFO_EXPORT of ", data.size(), " bytes instead of ", sizeof(ExportInfoWire)));
    }
    const auto wire = ByteReader(data).value<ExportInfoWire>();
    return set_once(
        export_, Export{.size_bytes = wire->size, .transmission_flags = wire->transmission_flags},
        "size and flags");
}

Result<void> ReceivedInfos::add_block_sizes(ByteView data) {
    if (data.size() != sizeof(BlockSizeInfoWire)) {
        return broken(cat("NBD_INFO_BLOCK_SIZE of ", data.size(), " bytes instead of ",
                          sizeof(BlockSizeInfoWire)));
    }
    const auto wire = ByteReader(data).value<BlockSizeInfoWire>();
    return set_once(block_sizes_,
                    BlockSizes{.minimum = wire->minimum,
                               .preferred = wire->preferred,
                               .maximum_payload = wire->maximum_payload},
                    "block sizes");
}

Result<ExportInfo> ReceivedInfos::finish() const {
    if (!export_) return broken("no NBD_INFO_EXPORT before the end");
    NBDROOT_CHECK(check_size(export_->size_bytes));
    ExportInfo info{.size_bytes = export_->size_bytes,
                    .transmission_flags = export_->transmission_flags,
                    .block_sizes = block_sizes_,
                    .canonical_name = name_.value_or(""),
                    .description = description_.value_or("")};
    if (info.block_sizes) {
        NBDROOT_CHECK(check_block_sizes(*info.block_sizes, info.size_bytes));
        info.block_sizes->maximum_payload = whole_blocks(*info.block_sizes);
    }
    return info;
}

}  // namespace nbdroot::protocol::nbd
