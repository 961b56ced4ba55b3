#include "server/storage/overlay/snapshot.h"

#include <optional>

#include "lib/base/text.h"

namespace nbdroot::server::storage::overlay {
namespace {

constexpr unsigned kDigitBits = 7;
constexpr std::uint8_t kMoreFollows = 0x80;

void put_number(ByteWriter& out, std::uint64_t number) {
    while (number >= kMoreFollows) {
        out.u8(static_cast<std::uint8_t>(number | kMoreFollows));
        number >>= kDigitBits;
    }
    out.u8(static_cast<std::uint8_t>(number));
}

// Nothing: it is cut off, too large, or longer than it need be.
std::optional<std::uint64_t> take_number(ByteReader& in) {
    std::uint64_t number = 0;
    for (unsigned shift = 0; shift < 64; shift += kDigitBits) {
        const auto byte = in.u8();
        if (!byte) return std::nullopt;
        const std::uint64_t digit = *byte & (kMoreFollows - 1U);
        if ((digit << shift) >> shift != digit) return std::nullopt;
        number |= digit << shift;
        if ((*byte & kMoreFollows) == 0) {
            const bool is_shortest = digit != 0 || shift == 0;
            return is_shortest ? std::optional(number) : std::nullopt;
        }
    }
    return std::nullopt;
}

std::optional<BlockRun> take_run(ByteReader& in, std::uint64_t from, std::uint64_t blocks) {
    const auto gap = take_number(in);
    const auto length = take_number(in);
    if (!gap || !length || *gap > blocks - from) return std::nullopt;
    const BlockRange range{.first = from + *gap, .count = *length >> 1};
    if (range.count == 0 || range.count > blocks - range.first) return std::nullopt;
    return BlockRun{.range = range,
                    .state = (*length & 1) != 0 ? BlockState::zero : BlockState::data};
}

}  // namespace

Bytes encode_snapshot(const OverlayMap& map) {
    Bytes bytes;
    ByteWriter out(bytes);
    std::uint64_t at = 0;
    std::uint64_t written = 0;
    while (at < map.blocks()) {
        const BlockRun run = map.run_at({.first = at, .count = map.blocks() - at});
        at = run.range.end();
        if (run.state == BlockState::base) continue;
        put_number(out, run.range.first - written);
        put_number(out, run.range.count << 1 | (run.state == BlockState::zero ? 1 : 0));
        written = run.range.end();
    }
    return bytes;
}

Result<OverlayMap> decode_snapshot(ByteView bytes, std::uint64_t blocks) {
    OverlayMap map(blocks);
    ByteReader in(bytes);
    std::uint64_t at = 0;
    while (in.remaining() > 0) {
        const std::size_t offset = bytes.size() - in.remaining();
        const auto run = take_run(in, at, blocks);
        if (!run) return fail("read", "", cat("no run of blocks at byte ", offset));
        map.set(run->range, run->state);
        at = run->range.end();
    }
    return map;
}

}  // namespace nbdroot::server::storage::overlay
