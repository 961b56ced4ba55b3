// An overlay in a directory of its own, on an image in memory.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "lib/sys/file.h"
#include "lib/sys/file_names.h"
#include "server/storage/overlay/file_store.h"
#include "server/storage/overlay/overlay.h"
#include "tests/support/catch.h"

namespace nbdroot::test {

using server::storage::overlay::BootId;
using server::storage::overlay::FileStore;
using server::storage::overlay::Overlay;
using server::storage::overlay::OverlayIdentity;
using server::storage::overlay::ReadBase;
using server::storage::overlay::Store;

class TemporaryOverlay {
public:
    explicit TemporaryOverlay(std::size_t image_bytes) : image_(image_bytes, std::byte{'b'}) {
        REQUIRE(::mkdtemp(directory_.data()) != nullptr);
    }
    TemporaryOverlay(const TemporaryOverlay&) = delete;
    TemporaryOverlay& operator=(const TemporaryOverlay&) = delete;
    ~TemporaryOverlay() {
        for (const auto part : {Store::Part::data, Store::Part::map, Store::Part::new_map}) {
            (void)sys::unlink_file(path(part));
        }
        ::rmdir(directory_.c_str());
    }

    [[nodiscard]] std::shared_ptr<FileStore> store() const {
        return std::make_shared<FileStore>(directory_ + "/machine");
    }
    [[nodiscard]] std::string path(Store::Part part) const { return store()->path_of(part); }
    [[nodiscard]] ReadBase read_base() const {
        return [this](std::uint64_t offset, ByteSpan into) -> Result<void> {
            if (base_fails_) return fail("read", "image", "Input/output error");
            std::memcpy(into.data(), image_.data() + offset, into.size());
            return {};
        };
    }
    void let_base_fail() { base_fails_ = true; }

    [[nodiscard]] std::unique_ptr<Overlay> create() const {
        auto overlay = Overlay::create(
            store(), OverlayIdentity{.base_id = "golden", .image_bytes = image_.size()}, {},
            read_base());
        REQUIRE(overlay);
        return std::move(*overlay);
    }
    [[nodiscard]] Result<std::unique_ptr<Overlay>> open(BootId boot = {}) const {
        return Overlay::open(store(), "golden", image_.size(), boot, read_base());
    }

private:
    std::string directory_ = "/tmp/nbdroot-overlay-XXXXXX";
    Bytes image_;
    bool base_fails_ = false;
};

}  // namespace nbdroot::test
