#include "server/storage/overlay/view.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tests/sim/overlay/disk.h"
#include "tests/support/catch.h"
#include "tests/unit/server/storage/overlay/temporary_overlay.h"

using nbdroot::Bytes;
using nbdroot::ByteSpan;
using nbdroot::ByteView;
using nbdroot::Result;
using nbdroot::base::as_bytes;
using nbdroot::server::storage::overlay::BaseImage;
using nbdroot::server::storage::overlay::copy_view;
using nbdroot::server::storage::overlay::View;
using nbdroot::sim::Disk;
using nbdroot::sim::Random;
using nbdroot::sys::Extent;
using nbdroot::sys::Holes;
using nbdroot::test::BootId;
using nbdroot::test::Overlay;
using nbdroot::test::OverlayIdentity;
using nbdroot::test::TemporaryOverlay;

namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr BootId kThisBoot{std::byte{1}};
constexpr BootId kNextBoot{std::byte{2}};

// An image in memory whose second half is a hole.
struct Image {
    Bytes bytes;
    std::uint64_t data_bytes;
    std::uint64_t read_bytes = 0;

    explicit Image(std::uint64_t size) : bytes(size), data_bytes(size / 2 / kBlock * kBlock) {
        for (std::size_t i = 0; i < data_bytes; ++i) bytes[i] = static_cast<std::byte>(i % 251 + 1);
    }
    [[nodiscard]] auto reader() {
        return [this](std::uint64_t offset, ByteSpan into) -> Result<void> {
            read_bytes += into.size();
            std::memcpy(into.data(), bytes.data() + offset, into.size());
            return {};
        };
    }
    [[nodiscard]] BaseImage base() {
        return {.id = "golden",
                .size_bytes = bytes.size(),
                .read = reader(),
                .stretch_at = [this](Extent extent) -> nbdroot::sys::Stretch {
                    const bool is_hole = extent.offset_bytes >= data_bytes;
                    if (is_hole) return {extent.length_bytes, true};
                    return {std::min(extent.length_bytes, data_bytes - extent.offset_bytes), false};
                }};
    }
    [[nodiscard]] std::unique_ptr<Overlay> overlay(std::shared_ptr<nbdroot::test::Store> store) {
        auto made = Overlay::create(
            std::move(store), OverlayIdentity{.base_id = "golden", .image_bytes = bytes.size()},
            kThisBoot, reader());
        REQUIRE(made);
        return std::move(*made);
    }
};

struct Copy {
    Bytes bytes;
    std::uint64_t written_bytes = 0;
};

Copy copy_of(const View& view) {
    Copy copy{.bytes = Bytes(view.identity().image_bytes)};
    REQUIRE(copy_view(
        view,
        [&](std::uint64_t offset, ByteView bytes) -> Result<void> {
            REQUIRE(offset + bytes.size() <= copy.bytes.size());
            std::memcpy(copy.bytes.data() + offset, bytes.data(), bytes.size());
            copy.written_bytes += bytes.size();
            return {};
        },
        [](std::uint64_t) { return true; }));
    return copy;
}

std::uint64_t bytes_in_blocks_with_data(const Bytes& bytes) {
    std::uint64_t sum = 0;
    for (ByteView rest = bytes; !rest.empty();) {
        const ByteView block = rest.first(std::min<std::size_t>(kBlock, rest.size()));
        const bool has_data = std::any_of(block.begin(), block.end(),
                                          [](std::byte one) { return one != std::byte{}; });
        if (has_data) sum += block.size();
        rest = rest.subspan(block.size());
    }
    return sum;
}

// Of ten blocks, without holes.
BaseImage whole_image(const TemporaryOverlay& files) {
    return {.id = "golden",
            .size_bytes = 10 * kBlock,
            .read = files.read_base(),
            .stretch_at = [](Extent extent) -> nbdroot::sys::Stretch {
                return {extent.length_bytes, false};
            }};
}

}  // namespace

TEST_CASE("a view is what the machine read, with the holes of all below it") {
    Random random(7);
    Disk disk(random);
    Image image(300 * kBlock + 77);
    Bytes all(image.bytes.size());
    {
        const auto overlay = image.overlay(disk.store());
        REQUIRE(overlay->write(10, as_bytes("within a block")));
        REQUIRE(overlay->write(4 * kBlock - 3, as_bytes("across two")));
        REQUIRE(overlay->write(300 * kBlock + 70, as_bytes("the end")));
        REQUIRE(overlay->zero({20 * kBlock, 30 * kBlock}, Holes::allowed));
        REQUIRE(overlay->write(260 * kBlock, Bytes(3 * kBlock)));  // zeroes as data
        REQUIRE(overlay->read(0, all));
    }
    const auto view = View::open(*disk.store(), image.base(), kThisBoot);
    REQUIRE(view);
    Bytes at_once(all.size());
    REQUIRE(view->read(0, at_once));
    CHECK(at_once == all);
    image.read_bytes = 0;
    const Copy copy = copy_of(*view);
    CHECK(copy.bytes == all);
    CHECK(copy.written_bytes == bytes_in_blocks_with_data(all));
    CHECK(copy.written_bytes < 122 * kBlock);
    // Of the image only what is no hole and not hidden: 3 blocks are written, 30 zeroed.
    CHECK(image.read_bytes == (150 - 3 - 30) * kBlock);
}

TEST_CASE("random writes over a simulated store are in the view, bit for bit") {
    const auto seed = GENERATE(range(1U, 21U));
    Random random(seed);
    Disk disk(random);
    Image image(64 * kBlock + random.below(kBlock));
    const auto overlay = image.overlay(disk.store());
    for (int i = 0; i < 60; ++i) {
        const std::uint64_t offset = random.below(image.bytes.size());
        const std::uint64_t length =
            random.between(1, std::min<std::uint64_t>(5 * kBlock, image.bytes.size() - offset));
        if (random.one_in(3)) {
            REQUIRE(overlay->zero({offset, length},
                                  random.one_in(2) ? Holes::allowed : Holes::forbidden));
        } else {
            REQUIRE(overlay->write(offset, Bytes(length, static_cast<std::byte>(random.below(4)))));
        }
    }
    Bytes expected(image.bytes.size());
    REQUIRE(overlay->read(0, expected));
    const auto view = View::open(*disk.store(), image.base(), kThisBoot);
    REQUIRE(view);
    CAPTURE(seed);
    CHECK(copy_of(*view).bytes == expected);
}

TEST_CASE("after a crash of the host a view is what a server would make of it") {
    const TemporaryOverlay files(10 * kBlock);
    {
        const auto overlay = files.create();
        REQUIRE(overlay->write(0, as_bytes("flushed")));
        REQUIRE(overlay->flush());
        REQUIRE(overlay->write(kBlock, as_bytes("not flushed")));
    }
    const BaseImage base = whole_image(files);
    for (const bool is_same_boot : {true, false}) {
        const auto view = View::open(*files.store(), base, is_same_boot ? BootId{} : kNextBoot);
        REQUIRE(view);
        Bytes bytes(2 * kBlock);
        REQUIRE(view->read(0, bytes));
        CHECK(nbdroot::base::as_text(bytes).substr(0, 7) == "flushed");
        CHECK(nbdroot::base::as_text(bytes).substr(kBlock, 11) ==
              (is_same_boot ? "not flushed" : "bbbbbbbbbbb"));
    }
}

TEST_CASE(
    "a view is refused on another image, and while the overlay is open; it keeps servers out") {
    const TemporaryOverlay files(10 * kBlock);
    BaseImage base = whole_image(files);
    {
        const auto overlay = files.create();
        const auto view = View::open(*files.store(), base, {});
        REQUIRE_FALSE(view);
        CHECK(view.error().code == EBUSY);
    }
    {
        const auto view = View::open(*files.store(), base, {});
        REQUIRE(view);
        const auto overlay = files.open();
        REQUIRE_FALSE(overlay);
        CHECK(overlay.error().code == EBUSY);
    }
    base.id = "other";
    CHECK(View::open(*files.store(), base, {}).error().reason ==
          "it belongs to the image golden, not to other");
    base.id = "golden";
    base.size_bytes = 9 * kBlock;
    CHECK(View::open(*files.store(), base, {}).error().reason ==
          "it belongs to an image of 40960 B, not of 36864 B");
}

TEST_CASE("a copy ends where it is told to, and where something fails") {
    const TemporaryOverlay files(10 * kBlock);
    (void)files.create();
    BaseImage base = whole_image(files);
    base.read = [](std::uint64_t, ByteSpan) -> Result<void> {
        return nbdroot::fail("read", "image", "Input/output error", EIO);
    };
    const auto write = [](std::uint64_t, ByteView) -> Result<void> { return {}; };
    const auto view = View::open(*files.store(), base, {});
    REQUIRE(view);
    CHECK(copy_view(*view, write, [](std::uint64_t) { return false; }).error().code == EINTR);
    const auto go_on = [](std::uint64_t) { return true; };
    CHECK(copy_view(*view, write, go_on).error().code == EIO);
}

TEST_CASE("a copy ends where there is no room for it") {
    const TemporaryOverlay files(10 * kBlock);
    (void)files.create();
    const auto view = View::open(*files.store(), whole_image(files), {});
    REQUIRE(view);
    const auto full = [](std::uint64_t, ByteView) -> Result<void> {
        return nbdroot::fail("write", "new", "No space left on device", ENOSPC);
    };
    CHECK(copy_view(*view, full, [](std::uint64_t) { return true; }).error().code == ENOSPC);
}
