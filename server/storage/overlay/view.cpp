#include "server/storage/overlay/view.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "lib/base/text.h"
#include "server/storage/buffer.h"
#include "server/storage/overlay/map_files.h"

namespace nbdroot::server::storage::overlay {
namespace {

constexpr std::uint64_t kPieceBytes = std::uint64_t{1} << 20;
// Of a hole, what is skipped at once.
constexpr std::uint64_t kStretchBytes = std::uint64_t{1} << 30;

std::uint64_t end_of(Extent extent) { return extent.offset_bytes + extent.length_bytes; }

// BYTES, which are not empty, compared with themselves a byte further on: the fastest look.
bool is_zero(ByteView bytes) {
    return bytes.front() == std::byte{} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

// How many of BYTES' first blocks are all zeroes, or all are not.
std::size_t alike(ByteView bytes, bool zero) {
    std::size_t count = 0;
    while (count < bytes.size()) {
        const ByteView block =
            bytes.subspan(count).first(std::min<std::size_t>(kBlockBytes, bytes.size() - count));
        if (is_zero(block) != zero) break;
        count += block.size();
    }
    return count;
}

Result<void> write_blocks(std::uint64_t offset_bytes, ByteView bytes, const WriteBytes& write) {
    while (!bytes.empty()) {
        const std::size_t hole = alike(bytes, true);
        offset_bytes += hole;
        bytes = bytes.subspan(hole);
        const std::size_t data = alike(bytes, false);
        if (data > 0) NBDROOT_CHECK(write(offset_bytes, bytes.first(data)));
        offset_bytes += data;
        bytes = bytes.subspan(data);
    }
    return {};
}

}  // namespace

View::View(std::shared_ptr<File> data, MapFile contents, BaseImage base)
    : data_(std::move(data)), contents_(std::move(contents)), base_(std::move(base)) {}

Result<View> View::open(Store& store, BaseImage base, const BootId& boot) {
    // First the data, whose lock is that of the map too.
    auto data = NBDROOT_TRY(store.open(Store::Part::data));
    const auto map = NBDROOT_TRY(store.open(Store::Part::map));
    const Bytes bytes = NBDROOT_TRY(read_map(*map));
    const DecodedHeader decoded = NBDROOT_TRY(decode_header(bytes));
    NBDROOT_CHECK(check_belongs(decoded.header.identity, base.id, base.size_bytes));
    const std::uint64_t data_bytes = NBDROOT_TRY(data->size());
    NBDROOT_CHECK(check_data_size(data_bytes, base.size_bytes));
    const auto survived =
        decoded.header.boot == boot ? Survived::all_writes : Survived::synced_writes;
    MapFile contents = NBDROOT_TRY(decode_map_file(bytes, survived));
    return View(std::move(data), std::move(contents), std::move(base));
}

BlockRun View::run_at(Extent extent) const { return contents_.map.run_at(touched_by(extent)); }

sys::Stretch View::stretch_at(Extent extent) const {
    const BlockRun run = run_at(extent);
    const Extent front{
        .offset_bytes = extent.offset_bytes,
        .length_bytes = std::min(end_of(run.range.bytes()), end_of(extent)) - extent.offset_bytes};
    if (run.state == BlockState::base) return base_.stretch_at(front);
    return {.length_bytes = front.length_bytes, .is_hole = run.state == BlockState::zero};
}

Result<void> View::read(std::uint64_t offset_bytes, ByteSpan into) const {
    while (!into.empty()) {
        const Extent rest{.offset_bytes = offset_bytes, .length_bytes = into.size()};
        const BlockRun run = run_at(rest);
        const std::uint64_t count =
            std::min(end_of(run.range.bytes()), end_of(rest)) - offset_bytes;
        const ByteSpan part = into.first(count);
        if (run.state == BlockState::base) {
            NBDROOT_CHECK(base_.read(offset_bytes, part));
        } else if (run.state == BlockState::data) {
            NBDROOT_CHECK(data_->read(offset_bytes, part));
        } else {
            std::fill(part.begin(), part.end(), std::byte{0});
        }
        offset_bytes += count;
        into = into.subspan(count);
    }
    return {};
}

Result<void> copy_view(const View& view, const WriteBytes& write, const KeepOn& keep_on) {
    const std::uint64_t size = view.identity().image_bytes;
    Buffer buffer(std::min(kPieceBytes, size));
    for (std::uint64_t at = 0; at < size;) {
        if (!keep_on(at)) return fail("copy", "", "interrupted", EINTR);
        const sys::Stretch stretch = view.stretch_at(
            {.offset_bytes = at, .length_bytes = std::min(kStretchBytes, size - at)});
        if (stretch.is_hole) {
            at += stretch.length_bytes;
            continue;
        }
        const std::uint64_t count = std::min(stretch.length_bytes, kPieceBytes - at % kPieceBytes);
        const ByteSpan piece = buffer.span().first(count);
        NBDROOT_CHECK(view.read(at, piece));
        NBDROOT_CHECK(write_blocks(at, piece, write));
        at += count;
    }
    return {};
}

}  // namespace nbdroot::server::storage::overlay
