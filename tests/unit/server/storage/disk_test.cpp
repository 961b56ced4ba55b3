#include "server/storage/disk.h"

#include <fcntl.h>

#include <algorithm>
#include <random>

#include "tests/support/catch.h"
#include "tests/unit/server/temporary_disk.h"

using nbdroot::Bytes;
using nbdroot::server::storage::CachedRead;
using nbdroot::server::storage::Disk;
using nbdroot::server::storage::Extent;
using nbdroot::server::storage::Holes;
using nbdroot::test::bytes_of;
using nbdroot::test::TemporaryDisk;

namespace {

constexpr std::size_t kBlock = 4096;
constexpr std::size_t kImageBytes = 64 * kBlock + 1000;

// A disk, and beside it what its bytes must be.
struct Compared {
    explicit Compared(std::uint32_t seed) : random(seed) {}

    Extent extent() {
        const std::uint64_t offset = random() % kImageBytes;
        const std::uint64_t most =
            std::min<std::uint64_t>(kImageBytes - offset, random() % 4 == 0 ? 20 * kBlock : 6000);
        return {.offset_bytes = offset, .length_bytes = 1 + random() % most};
    }

    void write(Extent at) {
        Bytes bytes(at.length_bytes);
        for (auto& byte : bytes) byte = std::byte(random());
        REQUIRE(disk.write(at.offset_bytes, bytes));
        std::copy(bytes.begin(), bytes.end(), place(at));
    }

    void zero(Extent at, Holes holes) {
        REQUIRE(disk.zero(at, holes));
        std::fill_n(place(at), at.length_bytes, std::byte{0});
    }

    // What was discarded is as it was, or zero.
    void discard(Extent at) {
        REQUIRE(disk.discard(at));
        Bytes now(at.length_bytes);
        REQUIRE(disk.read(at.offset_bytes, now));
        const auto before = place(at);
        for (std::size_t i = 0; i < now.size(); ++i) {
            const auto at_i = before + static_cast<std::ptrdiff_t>(i);
            REQUIRE((now[i] == std::byte{0} || now[i] == *at_i));
            *at_i = now[i];
        }
    }

    void check(Extent at) {
        const Bytes wanted(place(at), place(at) + static_cast<std::ptrdiff_t>(at.length_bytes));
        Bytes got(at.length_bytes);
        REQUIRE(disk.read(at.offset_bytes, got));
        CHECK(got == wanted);
        // Where the file system can say so, it is there at once now.
        Bytes cached(at.length_bytes);
        if (disk.read_cached(at.offset_bytes, cached) == CachedRead::done) CHECK(cached == wanted);
        check_holes(at);
    }

    void check_holes(Extent at) {
        while (at.length_bytes > 0) {
            const auto stretch = disk.stretch_at(at);
            REQUIRE(stretch.length_bytes > 0);
            REQUIRE(stretch.length_bytes <= at.length_bytes);
            if (stretch.is_hole) {
                CHECK(std::all_of(place(at),
                                  place(at) + static_cast<std::ptrdiff_t>(stretch.length_bytes),
                                  [](std::byte byte) { return byte == std::byte{0}; }));
            }
            at = {.offset_bytes = at.offset_bytes + stretch.length_bytes,
                  .length_bytes = at.length_bytes - stretch.length_bytes};
        }
    }

    Bytes::iterator place(Extent at) {
        return copy.begin() + static_cast<std::ptrdiff_t>(at.offset_bytes);
    }

    std::mt19937 random;
    TemporaryDisk files{kImageBytes};
    Disk disk = files.disk();
    Bytes copy = bytes_of(files.image_contents());
};

}  // namespace

TEST_CASE("a disk under an overlay reads as a copy does, whatever is done to both") {
    Compared both(GENERATE(1U, 2U, 3U, 4U));
    const std::string golden = both.files.image_contents();
    for (int i = 0; i < 400; ++i) {
        switch (both.random() % 6) {
            case 0:
            case 1:
                both.write(both.extent());
                break;
            case 2:
                both.zero(both.extent(), Holes::allowed);
                break;
            case 3:
                both.zero(both.extent(), Holes::forbidden);
                break;
            case 4:
                both.discard(both.extent());
                break;
            default:
                REQUIRE(both.disk.prefetch(both.extent()));
                REQUIRE(both.disk.sync());
        }
        both.check(both.extent());
    }
    both.check({.offset_bytes = 0, .length_bytes = kImageBytes});
    CHECK(both.files.image_contents() == golden);
}

TEST_CASE("discards and zeroes of an overlay free its space") {
    const TemporaryDisk files(kImageBytes);
    const Disk disk = files.disk();
    REQUIRE(disk.write(0, Bytes(8 * kBlock, std::byte{'x'})));
    CHECK(disk.overlay()->used_bytes() == 8 * kBlock);
    REQUIRE(disk.discard({.offset_bytes = 10, .length_bytes = 2 * kBlock}));
    CHECK(disk.overlay()->used_bytes() == 7 * kBlock);  // one block lies in it whole
    REQUIRE(disk.zero({.offset_bytes = 2 * kBlock, .length_bytes = 3 * kBlock}, Holes::allowed));
    CHECK(disk.overlay()->used_bytes() == 4 * kBlock);
    CHECK(disk.stretch_at({.offset_bytes = kBlock, .length_bytes = 9 * kBlock}).is_hole);
}

TEST_CASE("the last block of an image, a short one, can be discarded") {
    const TemporaryDisk files(kImageBytes);
    const Disk disk = files.disk();
    REQUIRE(disk.write(64 * kBlock, Bytes(1000, std::byte{'x'})));
    REQUIRE(disk.discard({.offset_bytes = 64 * kBlock, .length_bytes = 999}));
    CHECK(disk.overlay()->used_bytes() == kBlock);
    REQUIRE(disk.discard({.offset_bytes = 64 * kBlock, .length_bytes = 1000}));
    CHECK(disk.overlay()->used_bytes() == 0);
}

TEST_CASE("holes of the image shine through an overlay") {
    const TemporaryDisk files(kImageBytes);
    const Disk disk = files.disk();
    const Extent hole{.offset_bytes = TemporaryDisk::kHole, .length_bytes = 2 * kBlock};
    if (!files.open_image().stretch_at(hole).is_hole) return;  // a file system without any
    CHECK(disk.stretch_at(hole).is_hole);
    REQUIRE(disk.write(hole.offset_bytes + kBlock, Bytes(1, std::byte{'x'})));
    CHECK(disk.stretch_at(hole).length_bytes == kBlock);
    CHECK_FALSE(
        disk.stretch_at({.offset_bytes = hole.offset_bytes + kBlock, .length_bytes = kBlock})
            .is_hole);
}

TEST_CASE("a disk is written if its image was opened for that, or lies under an overlay") {
    const TemporaryDisk files(kImageBytes);
    CHECK_FALSE(Disk(files.open_image()).is_writable());
    CHECK(files.disk().is_writable());
    CHECK(files.disk().image().access() == nbdroot::server::storage::Access::read_only);
}

TEST_CASE("whole blocks are written at once, parts of them only where the rest is there") {
    const TemporaryDisk files(kImageBytes);
    const Disk disk = files.disk();
    const Bytes part(10, std::byte{'x'});
    CHECK(disk.write_now(0, Bytes(2 * kBlock, std::byte{'x'})) == true);
    CHECK(disk.write_now(5 * kBlock + 1, part) == false);
    CHECK(disk.write_now(5 * kBlock, Bytes(kBlock + 1, std::byte{'x'})) == false);
    CHECK(disk.overlay()->used_bytes() == 2 * kBlock);
    CHECK(disk.write_now(0, {}) == true);
    Bytes cached(kBlock);
    if (disk.read_cached(kBlock, cached) != CachedRead::done) return;  // it cannot say so
    CHECK(disk.write_now(kBlock + 1, part) == true);
}

TEST_CASE("a part of a page that is not in the page cache is not written at once") {
    const TemporaryDisk files(kImageBytes);
    const Disk disk(files.open_image(nbdroot::server::storage::Access::writable));
    const nbdroot::sys::Fd fd = std::move(*nbdroot::sys::open_file(files.path(), O_RDWR));
    REQUIRE(nbdroot::sys::sync_data(fd.get()));
    REQUIRE(::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED) == 0);
    Bytes probe(kBlock);
    if (disk.read_cached(0, probe) == CachedRead::done) return;  // kept all the same
    CHECK(disk.write_now(1, Bytes(10, std::byte{'x'})) == false);
    CHECK(disk.write_now(0, Bytes(kBlock, std::byte{'x'})) == true);
}

TEST_CASE("a quota refuses what would add blocks, and nothing else") {
    const TemporaryDisk files(kImageBytes);
    const Disk disk = files.disk();
    disk.set_quota(4 * kBlock);
    REQUIRE(disk.write(0, Bytes(4 * kBlock, std::byte{'x'})));
    const auto refused = disk.write(8 * kBlock, Bytes(1, std::byte{'x'}));
    REQUIRE_FALSE(refused);
    CHECK(nbdroot::server::storage::is_no_room(refused.error()));
    CHECK_FALSE(disk.write_now(8 * kBlock, Bytes(kBlock, std::byte{'x'})));
    CHECK(disk.write(0, Bytes(4 * kBlock, std::byte{'y'})));
    CHECK(disk.zero({.offset_bytes = 8 * kBlock, .length_bytes = 4 * kBlock}, Holes::allowed));
    CHECK_FALSE(
        disk.zero({.offset_bytes = 12 * kBlock + 1, .length_bytes = 4 * kBlock}, Holes::allowed));
    CHECK_FALSE(disk.zero({.offset_bytes = 12 * kBlock, .length_bytes = kBlock}, Holes::forbidden));
    CHECK(disk.discard({.offset_bytes = kBlock, .length_bytes = kBlock}));
    CHECK(disk.write(8 * kBlock, Bytes(1, std::byte{'x'})));
    disk.set_quota(kBlock);  // less than there is
    CHECK_FALSE(disk.write(20 * kBlock, Bytes(1, std::byte{'x'})));
    disk.set_quota(0);
    CHECK(disk.write(20 * kBlock, Bytes(1, std::byte{'x'})));
}
