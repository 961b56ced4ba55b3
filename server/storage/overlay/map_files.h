// A map file as it comes from a Store, and as it gets there.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "lib/base/result.h"
#include "server/storage/overlay/map_file.h"
#include "server/storage/overlay/map_log.h"
#include "server/storage/overlay/store.h"

namespace nbdroot::server::storage::overlay {

// A log may grow to this, or to the size of its snapshot: all in all a map file is then at most
// twice as large as it need be, and each record is copied about once.
inline constexpr std::uint64_t kMinimumCompactedLog = std::uint64_t{256} * 1024;

[[nodiscard]] std::uint64_t compaction_bound(const MapLog& log);

// The whole file.
[[nodiscard]] Result<Bytes> read_map(const File& file);

// An overlay of IDENTITY, with so many bytes in its data file, is one of that image.
[[nodiscard]] Result<void> check_belongs(const OverlayIdentity& identity,
                                         const std::string& base_id, std::uint64_t image_bytes);
[[nodiscard]] Result<void> check_data_size(std::uint64_t data_bytes, std::uint64_t image_bytes);

struct FreshMap {
    std::shared_ptr<File> file;
    MapFile contents;
};
// As new_map, without a log; not synced. HEADER's fields about the snapshot are set here.
[[nodiscard]] Result<FreshMap> write_map(Store& store, const MapHeader& header,
                                         const OverlayMap& map);

// FRESH, which is new_map, becomes the map, for good. An Error: perhaps not.
Result<void> put_in_place(Store& store, File& fresh);

}  // namespace nbdroot::server::storage::overlay
