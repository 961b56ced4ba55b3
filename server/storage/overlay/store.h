// Where the files of an overlay lie: a seam, so that tests can take power away at any instant.
//
// Every call works on any thread, and may wait for a disk. Errors have the file as their object.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/sparse.h"
#include "server/storage/overlay/block.h"

namespace nbdroot::server::storage::overlay {

class File {
public:
    File() = default;
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    virtual ~File() = default;

    [[nodiscard]] virtual Result<std::uint64_t> size() const = 0;
    virtual Result<void> resize(std::uint64_t bytes) = 0;
    // All of INTO, or an Error.
    virtual Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const = 0;
    // Only if it need not wait.
    [[nodiscard]] virtual sys::CachedRead read_cached(std::uint64_t offset_bytes,
                                                      ByteSpan into) const = 0;
    // After an Error some of the pages may have been written, though not all, and none half.
    virtual Result<void> write(std::uint64_t offset_bytes, ByteView bytes) = 0;
    // Reads as zeroes; the space is free. Whole blocks.
    virtual Result<void> punch(Extent extent) = 0;
    // What was written before is on the medium.
    virtual Result<void> sync() = 0;
    // What EXTENT begins with.
    [[nodiscard]] virtual sys::Stretch stretch_at(Extent extent) const = 0;
    // EXTENT is brought into the page cache, as far as the system likes.
    virtual Result<void> prefetch(Extent extent) const = 0;
};

class Store {
public:
    enum class Part { data, map, new_map };

    Store() = default;
    Store(const Store&) = delete;
    Store& operator=(const Store&) = delete;
    virtual ~Store() = default;

    // For reading and writing.
    virtual Result<std::shared_ptr<File>> open(Part part) = 0;
    // New and empty, whatever was there.
    virtual Result<std::shared_ptr<File>> create(Part part) = 0;
    // It need not be there.
    virtual Result<void> remove(Part part) = 0;
    // NEW_MAP takes the place of MAP.
    virtual Result<void> replace_map() = 0;
    // Files made, removed and replaced before are so after a crash too.
    virtual Result<void> sync_names() = 0;
};

}  // namespace nbdroot::server::storage::overlay
