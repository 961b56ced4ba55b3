// The bytes of one disk, in a file or on a block device.
//
// Constant once opened, therefore usable from every thread; what may wait for a disk says so.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/disk.h"
#include "lib/sys/disk_identity.h"
#include "lib/sys/fd.h"
#include "lib/sys/file_stamp.h"
#include "lib/sys/file_version.h"
#include "lib/sys/sparse.h"

namespace nbdroot::server::storage {

enum class Access { read_only, writable };

using sys::CachedRead;
using sys::Extent;
using sys::Holes;

class Image {
public:
    static Result<Image> open(const std::string& path, Access access);

    // A writable image is locked against a second server that would write it too.
    Result<void> claim() const;
    // Another may claim it.
    void release() const;

    // Nobody writes it by way of a server that claims what it writes. Only for now; of an image
    // that is not claimed.
    Result<void> check_unclaimed() const;

    // Before others see it: its file is, or will be, at PATH.
    void set_path(std::string path) { path_ = std::move(path); }
    // The file is also called PATH. Waits.
    Result<void> link_at(const std::string& path) const;

    [[nodiscard]] Result<sys::DiskIdentity> identity() const {
        return sys::identify_disk(fd_.get(), path_);
    }

    // As it was when it was opened, and as it is. The latter may wait.
    [[nodiscard]] const sys::FileStamp& opened_as() const { return stamp_; }
    [[nodiscard]] Result<sys::FileStamp> stamp() const { return sys::stamp_of(fd_.get(), path_); }

    // What shows that it has been written. Asking nobody does not wait.
    [[nodiscard]] Result<sys::FileVersion> version(sys::Asking asking) const {
        return sys::version_of(fd_.get(), path_, asking);
    }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] Access access() const { return access_; }
    [[nodiscard]] std::uint64_t size_bytes() const { return shape_.size_bytes; }
    // 1 for a file: it can be read and written to the byte.
    [[nodiscard]] std::uint32_t sector_bytes() const { return shape_.sector_bytes; }

    [[nodiscard]] CachedRead read_cached(std::uint64_t offset_bytes, ByteSpan into) const;

    // What is to be written is there: a write beyond its end would make a truncated file long
    // again, with zeroes where data was. The Error has ENODATA, as that of a read has.
    Result<void> check_is_there(Extent extent) const;
    // So is all of it.
    [[nodiscard]] bool is_whole() const;

    // These wait.
    // What EXTENT begins with. Only a file has holes, and only where its file system knows them.
    [[nodiscard]] sys::Stretch stretch_at(Extent extent) const {
        if (!knows_holes_) return {.length_bytes = extent.length_bytes};
        return sys::stretch_at(fd_.get(), extent);
    }
    Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const;
    Result<void> write(std::uint64_t offset_bytes, ByteView bytes) const;
    Result<void> discard(Extent extent) const;
    Result<void> zero(Extent extent, Holes holes) const;
    Result<void> prefetch(Extent extent) const;
    Result<void> sync() const;

private:
    Image(std::string path, Access access, sys::Fd fd, sys::DiskShape shape, sys::FileStamp stamp);
    [[nodiscard]] Result<void> named(Result<void> result) const;

    std::string path_;
    Access access_;
    sys::Fd fd_;
    sys::DiskShape shape_;
    bool knows_holes_;
    sys::FileStamp stamp_;
};

}  // namespace nbdroot::server::storage
