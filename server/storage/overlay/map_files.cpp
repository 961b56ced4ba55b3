#include "server/storage/overlay/map_files.h"

#include <algorithm>
#include <utility>

#include "lib/base/text.h"
#include "server/storage/overlay/snapshot.h"

namespace nbdroot::server::storage::overlay {
namespace {

// Read in one piece: 256 times what a full overlay of 1 TiB takes.
constexpr std::uint64_t kMaximumMapBytes = std::uint64_t{1} << 30;

constexpr const char* kOpen = "open overlay";

}  // namespace

std::uint64_t compaction_bound(const MapLog& log) {
    return std::max(kMinimumCompactedLog, log.snapshot_bytes());
}

Result<Bytes> read_map(const File& file) {
    const std::uint64_t size = NBDROOT_TRY(file.size());
    if (size > kMaximumMapBytes) {
        return fail("read", "", cat("a map of ", size, " B; at most ", kMaximumMapBytes, " B"));
    }
    Bytes bytes(size);
    NBDROOT_CHECK(file.read(0, bytes));
    return bytes;
}

Result<void> check_belongs(const OverlayIdentity& identity, const std::string& base_id,
                           std::uint64_t image_bytes) {
    if (identity.base_id != base_id) {
        return fail(kOpen, "",
                    cat("it belongs to the image ", base::printable(identity.base_id), ", not to ",
                        base::printable(base_id)));
    }
    if (identity.image_bytes != image_bytes) {
        return fail(kOpen, "",
                    cat("it belongs to an image of ", identity.image_bytes, " B, not of ",
                        image_bytes, " B"));
    }
    return {};
}

Result<void> check_data_size(std::uint64_t data_bytes, std::uint64_t image_bytes) {
    if (data_bytes == image_bytes) return {};
    return fail(kOpen, "",
                cat("its data file has ", data_bytes, " B, the image ", image_bytes, " B"));
}

Result<FreshMap> write_map(Store& store, const MapHeader& header, const OverlayMap& map) {
    const Bytes bytes = encode_map_file(header, encode_snapshot(map));
    auto file = NBDROOT_TRY(store.create(Store::Part::new_map));
    NBDROOT_CHECK(file->write(0, bytes));
    // Read back, so that nothing takes a map's place that could not be read.
    MapFile contents = NBDROOT_TRY(decode_map_file(bytes, Survived::all_writes));
    return FreshMap{.file = std::move(file), .contents = std::move(contents)};
}

Result<void> put_in_place(Store& store, File& fresh) {
    NBDROOT_CHECK(fresh.sync());
    NBDROOT_CHECK(store.replace_map());
    return store.sync_names();
}

}  // namespace nbdroot::server::storage::overlay
