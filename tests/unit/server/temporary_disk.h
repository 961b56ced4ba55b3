// An image in a file, and an overlay over it.
#pragma once

#include <fcntl.h>

#include <memory>
#include <string>
#include <utility>

#include "server/storage/disk.h"
#include "tests/support/catch.h"
#include "tests/unit/server/storage/overlay/temporary_overlay.h"
#include "tests/unit/server/temporary_file.h"

namespace nbdroot::test {

[[nodiscard]] inline Bytes bytes_of(const std::string& text) {
    const ByteView view = base::as_bytes(text);
    return {view.begin(), view.end()};
}

class TemporaryDisk {
public:
    using Disk = server::storage::Disk;
    using Image = server::storage::Image;

    // Where the image has a hole, and how long that is.
    static constexpr std::size_t kHole = 65536;

    // Letters up to the hole, and after it.
    explicit TemporaryDisk(std::size_t image_bytes) : overlay_(image_bytes) {
        const sys::Fd fd = std::move(*sys::open_file(image_.path(), O_WRONLY));
        REQUIRE(sys::resize(fd.get(), image_bytes));
        std::string letters(kHole, ' ');
        for (std::size_t i = 0; i < letters.size(); ++i) letters[i] = "abcdefghijklm"[i % 13];
        for (std::size_t at = 0; at < image_bytes; at += 2 * kHole) {
            const auto part = std::string_view(letters).substr(0, image_bytes - at);
            REQUIRE(sys::write_at(fd.get(), at, base::as_bytes(part)));
        }
    }

    [[nodiscard]] const std::string& path() const { return image_.path(); }
    [[nodiscard]] Image open_image(
        server::storage::Access access = server::storage::Access::read_only) const {
        return std::move(*Image::open(image_.path(), access));
    }
    [[nodiscard]] std::string image_contents() const { return image_.contents(); }
    [[nodiscard]] std::shared_ptr<Store> store() const { return overlay_.store(); }

    // A new overlay.
    [[nodiscard]] Disk disk(std::shared_ptr<Store> store = nullptr,
                            ReadBase read_base = nullptr) const {
        auto base = std::make_shared<const Image>(open_image());
        if (!store) store = overlay_.store();
        if (!read_base) read_base = server::storage::reader_of(base);
        auto over =
            Overlay::create(std::move(store),
                            OverlayIdentity{.base_id = "golden", .image_bytes = base->size_bytes()},
                            {}, std::move(read_base));
        REQUIRE(over);
        return {std::move(base), std::move(*over)};
    }

private:
    TemporaryFile image_;
    TemporaryOverlay overlay_;
};

}  // namespace nbdroot::test
