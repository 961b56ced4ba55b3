// What an export reads and writes: an image, or what one machine has written over an image that
// nobody writes.
//
// Like both of them usable from every thread; what may wait for a disk says so. Extents lie within
// the disk.
#pragma once

#include <cstdint>
#include <memory>

#include "server/storage/image.h"
#include "server/storage/overlay/overlay.h"
#include "server/storage/quota.h"

namespace nbdroot::server::storage {

class Disk {
public:
    // It is written if the image was opened for that.
    Disk(Image image);  // NOLINT(google-explicit-constructor): an image is a disk
    Disk(std::shared_ptr<const Image> base, std::shared_ptr<overlay::Overlay> over);

    // Where there is an overlay this is below it.
    [[nodiscard]] const Image& image() const { return *image_; }
    [[nodiscard]] const std::shared_ptr<const Image>& shared_image() const { return image_; }
    // Null: there is none.
    [[nodiscard]] const std::shared_ptr<overlay::Overlay>& overlay() const { return overlay_; }

    [[nodiscard]] bool is_writable() const {
        return overlay_ != nullptr || image_->access() == Access::writable;
    }
    [[nodiscard]] std::uint64_t size_bytes() const { return image_->size_bytes(); }
    [[nodiscard]] std::uint32_t sector_bytes() const { return image_->sector_bytes(); }

    [[nodiscard]] CachedRead read_cached(std::uint64_t offset_bytes, ByteSpan into) const;

    // As of an Image. The files of an overlay have no end that a write could move.
    Result<void> check_is_there(Extent extent) const;
    [[nodiscard]] bool is_whole() const;

    // Of an overlay: 0 is no limit. What finds no room fails with EDQUOT; blocks that the overlay
    // has can be written all the same.
    void set_quota(std::uint64_t bytes) const {
        if (quota_) quota_->set(bytes);
    }
    // A write of EXTENT takes room that it has not yet.
    [[nodiscard]] bool needs_room(Extent extent) const {
        return overlay_ && overlay_->new_bytes(extent) > 0;
    }

    // Into the page cache, by a thread that must not wait. False: it would have to; write() is to
    // do it.
    Result<bool> write_now(std::uint64_t offset_bytes, ByteView bytes) const;

    // These wait.
    // What EXTENT begins with.
    [[nodiscard]] sys::Stretch stretch_at(Extent extent) const;
    Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const;
    Result<void> write(std::uint64_t offset_bytes, ByteView bytes) const;
    Result<void> discard(Extent extent) const;
    Result<void> zero(Extent extent, Holes holes) const;
    Result<void> prefetch(Extent extent) const;
    Result<void> sync() const;

private:
    [[nodiscard]] bool has_cached(Extent extent) const;
    [[nodiscard]] bool has_cached_edges(Extent extent) const;
    [[nodiscard]] Result<Quota::Claim> claim(Extent extent) const;
    [[nodiscard]] Result<Quota::Claim> claim_zeroes(Extent extent, Holes holes) const;

    std::shared_ptr<const Image> image_;
    std::shared_ptr<overlay::Overlay> overlay_;
    std::shared_ptr<Quota> quota_;  // null where there is no overlay
};

// What has failed finds room later, perhaps.
[[nodiscard]] bool is_no_room(const Error& error);

// For an overlay of BASE.
[[nodiscard]] overlay::ReadBase reader_of(std::shared_ptr<const Image> base);

}  // namespace nbdroot::server::storage
