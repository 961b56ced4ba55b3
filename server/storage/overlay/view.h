// What a machine reads through its overlay, for whoever copies it while no server has it open.
//
// Nothing is changed: not even what a server would do first after a crash of the host.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "server/storage/overlay/map_file.h"
#include "server/storage/overlay/store.h"

namespace nbdroot::server::storage::overlay {

// The image that an overlay lies over, on any thread.
struct BaseImage {
    std::string id{};
    std::uint64_t size_bytes = 0;
    std::function<Result<void>(std::uint64_t offset_bytes, ByteSpan into)> read{};
    std::function<sys::Stretch(Extent extent)> stretch_at{};
};

class View {
public:
    // Refused on another image than that of the overlay, and, with EBUSY, while somebody has it
    // open; as long as the view lives no server can open it. BOOT is the host's present one.
    static Result<View> open(Store& store, BaseImage base, const BootId& boot);

    [[nodiscard]] const OverlayIdentity& identity() const { return contents_.header.identity; }
    // A sync has failed: of what was written since the last flush, anything may be missing.
    [[nodiscard]] bool is_broken() const { return contents_.is_broken; }

    // EXTENT, which is not empty, begins with that many bytes alike; a hole reads as zeroes.
    [[nodiscard]] sys::Stretch stretch_at(Extent extent) const;
    Result<void> read(std::uint64_t offset_bytes, ByteSpan into) const;

private:
    View(std::shared_ptr<File> data, MapFile contents, BaseImage base);

    [[nodiscard]] BlockRun run_at(Extent extent) const;

    std::shared_ptr<File> data_;  // its lock is the view's
    MapFile contents_;
    BaseImage base_;
};

using WriteBytes = std::function<Result<void>(std::uint64_t offset_bytes, ByteView bytes)>;
// Asked between two pieces; false: the copy ends with an Error.
using KeepOn = std::function<bool(std::uint64_t done_bytes)>;

// WRITE gets all of VIEW that is no zeroes, in order, by blocks.
Result<void> copy_view(const View& view, const WriteBytes& write, const KeepOn& keep_on);

}  // namespace nbdroot::server::storage::overlay
