#include "server/storage/disk.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace nbdroot::server::storage {
namespace {

using overlay::BlockState;
using overlay::kBlockBytes;
using overlay::Overlay;

std::uint64_t end_of(Extent extent) { return extent.offset_bytes + extent.length_bytes; }

// Its blocks that lie in EXTENT whole.
Extent whole_blocks(Extent extent, std::uint64_t size_bytes) {
    const std::uint64_t from = (extent.offset_bytes + kBlockBytes - 1) / kBlockBytes * kBlockBytes;
    const std::uint64_t end = end_of(extent);
    const std::uint64_t to = end == size_bytes ? end : end / kBlockBytes * kBlockBytes;
    return {.offset_bytes = from, .length_bytes = to > from ? to - from : 0};
}

CachedRead read_run(const Image& image, const Overlay& over, const Overlay::Run& run,
                    ByteSpan into) {
    switch (run.state) {
        case BlockState::base:
            return image.read_cached(run.extent.offset_bytes, into);
        case BlockState::data:
            return over.data().read_cached(run.extent.offset_bytes, into);
        case BlockState::zero:
            break;
    }
    std::fill(into.begin(), into.end(), std::byte{0});
    return CachedRead::done;
}

}  // namespace

bool is_no_room(const Error& error) { return error.code == ENOSPC || error.code == EDQUOT; }

Disk::Disk(Image image) : image_(std::make_shared<const Image>(std::move(image))) {}

Disk::Disk(std::shared_ptr<const Image> base, std::shared_ptr<overlay::Overlay> over)
    : image_(std::move(base)), overlay_(std::move(over)), quota_(std::make_shared<Quota>()) {}

CachedRead Disk::read_cached(std::uint64_t offset_bytes, ByteSpan into) const {
    const Extent whole{.offset_bytes = offset_bytes, .length_bytes = into.size()};
    if (!overlay_ || overlay_->is_base(whole)) return image_->read_cached(offset_bytes, into);
    for (const Overlay::Run& run : overlay_->runs_of(whole)) {
        const ByteSpan part =
            into.subspan(run.extent.offset_bytes - offset_bytes, run.extent.length_bytes);
        if (read_run(*image_, *overlay_, run, part) != CachedRead::done) {
            return CachedRead::not_cached;
        }
    }
    return CachedRead::done;
}

Result<void> Disk::check_is_there(Extent extent) const {
    if (overlay_) return {};
    return image_->check_is_there(extent);
}

bool Disk::is_whole() const { return overlay_ || image_->is_whole(); }

sys::Stretch Disk::stretch_at(Extent extent) const {
    if (!overlay_) return image_->stretch_at(extent);
    const Overlay::Run run = overlay_->run_at(extent);
    if (run.state == BlockState::base) return image_->stretch_at(run.extent);
    return {.length_bytes = run.extent.length_bytes, .is_hole = run.state == BlockState::zero};
}

Result<void> Disk::read(std::uint64_t offset_bytes, ByteSpan into) const {
    return overlay_ ? overlay_->read(offset_bytes, into) : image_->read(offset_bytes, into);
}

bool Disk::has_cached(Extent extent) const {
    std::array<std::byte, kBlockBytes> bytes;
    const ByteSpan into = ByteSpan(bytes).first(extent.length_bytes);
    if (!overlay_) return image_->read_cached(extent.offset_bytes, into) == CachedRead::done;
    // Of other blocks the overlay says itself whether it would have to wait.
    if (overlay_->run_at(extent).state != BlockState::data) return true;
    return overlay_->data().read_cached(extent.offset_bytes, into) == CachedRead::done;
}

// A page that is written in part is read first, unless it is there. One that is written whole is
// not.
bool Disk::has_cached_edges(Extent extent) const {
    const overlay::BlockRange blocks = overlay::touched_by(extent);
    const auto has = [&](std::uint64_t block) {
        const std::uint64_t from = block * kBlockBytes;
        const std::uint64_t to = std::min(from + kBlockBytes, size_bytes());
        const bool is_whole = extent.offset_bytes <= from && end_of(extent) >= from + kBlockBytes;
        return is_whole || has_cached({.offset_bytes = from, .length_bytes = to - from});
    };
    return has(blocks.first) && (blocks.count == 1 || has(blocks.end() - 1));
}

Result<bool> Disk::write_now(std::uint64_t offset_bytes, ByteView bytes) const {
    const Extent extent{.offset_bytes = offset_bytes, .length_bytes = bytes.size()};
    if (bytes.empty() || !has_cached_edges(extent)) return bytes.empty();
    if (overlay_) {
        const Quota::Claim held = NBDROOT_TRY(claim(extent));
        return overlay_->write_now(offset_bytes, bytes);
    }
    NBDROOT_CHECK(image_->write(offset_bytes, bytes));
    return true;
}

Result<void> Disk::write(std::uint64_t offset_bytes, ByteView bytes) const {
    if (!overlay_) return image_->write(offset_bytes, bytes);
    const Quota::Claim held =
        NBDROOT_TRY(claim({.offset_bytes = offset_bytes, .length_bytes = bytes.size()}));
    return overlay_->write(offset_bytes, bytes);
}

Result<Quota::Claim> Disk::claim(Extent extent) const {
    if (quota_->bytes() == 0) return Quota::Claim();
    return quota_->claim(*overlay_, overlay_->new_bytes(extent));
}

// Zeroes take room where holes are forbidden, and in blocks that they fill in part.
Result<Quota::Claim> Disk::claim_zeroes(Extent extent, Holes holes) const {
    const Extent whole = whole_blocks(extent, size_bytes());
    if (holes == Holes::forbidden || whole.length_bytes == 0) return claim(extent);
    const Extent front{.offset_bytes = extent.offset_bytes,
                       .length_bytes = whole.offset_bytes - extent.offset_bytes};
    const Extent back{.offset_bytes = end_of(whole),
                      .length_bytes = end_of(extent) - end_of(whole)};
    return quota_->claim(*overlay_, overlay_->new_bytes(front) + overlay_->new_bytes(back));
}

Result<void> Disk::discard(Extent extent) const {
    if (!overlay_) return image_->discard(extent);
    auto result = overlay_->zero(whole_blocks(extent, size_bytes()), Holes::allowed);
    // Only advice: where its record finds no room the contents stay, which is allowed.
    if (!result && is_no_room(result.error())) return {};
    return result;
}

Result<void> Disk::zero(Extent extent, Holes holes) const {
    if (!overlay_) return image_->zero(extent, holes);
    const Quota::Claim held = NBDROOT_TRY(claim_zeroes(extent, holes));
    return overlay_->zero(extent, holes);
}

Result<void> Disk::prefetch(Extent extent) const {
    while (overlay_ && extent.length_bytes > 0) {
        const Overlay::Run run = overlay_->run_at(extent);
        if (run.state == BlockState::base) NBDROOT_CHECK(image_->prefetch(run.extent));
        if (run.state == BlockState::data) NBDROOT_CHECK(overlay_->data().prefetch(run.extent));
        extent = {.offset_bytes = end_of(run.extent),
                  .length_bytes = extent.length_bytes - run.extent.length_bytes};
    }
    return overlay_ ? Result<void>() : image_->prefetch(extent);
}

Result<void> Disk::sync() const {
    if (!overlay_) return image_->sync();
    auto result = overlay_->flush();
    // What a failed sync has lost, no room brings back.
    if (!result && is_no_room(result.error()) && overlay_->broken()) result.error().code = EIO;
    return result;
}

overlay::ReadBase reader_of(std::shared_ptr<const Image> base) {
    return [base = std::move(base)](std::uint64_t offset_bytes, ByteSpan into) {
        return base->read(offset_bytes, into);
    };
}

}  // namespace nbdroot::server::storage
