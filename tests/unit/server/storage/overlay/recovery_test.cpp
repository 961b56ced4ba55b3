// What the simulation (tests/sim/overlay) found once, and what it must go on to find.
#include <algorithm>

#include "server/storage/overlay/checker.h"
#include "server/storage/overlay/overlay.h"
#include "tests/sim/overlay/disk.h"
#include "tests/support/catch.h"

using nbdroot::Bytes;
using nbdroot::ByteSpan;
using nbdroot::Result;
using nbdroot::base::as_bytes;
using nbdroot::server::storage::overlay::BootId;
using nbdroot::server::storage::overlay::check_overlay;
using nbdroot::server::storage::overlay::Overlay;
using nbdroot::server::storage::overlay::OverlayIdentity;
using nbdroot::sim::Disk;
using nbdroot::sim::Random;

namespace {

constexpr std::uint64_t kImageBytes = 16 * 4096;

Result<void> read_base(std::uint64_t, ByteSpan into) {
    std::fill(into.begin(), into.end(), std::byte{'b'});
    return {};
}

std::unique_ptr<Overlay> create(Disk& disk) {
    auto overlay = Overlay::create(disk.store(),
                                   OverlayIdentity{.base_id = "golden", .image_bytes = kImageBytes},
                                   {}, read_base);
    REQUIRE(overlay);
    return std::move(*overlay);
}

Result<std::unique_ptr<Overlay>> open(Disk& disk, int boot = 0) {
    return Overlay::open(disk.store(), "golden", kImageBytes, BootId{static_cast<std::byte>(boot)},
                         read_base);
}

std::string byte_at(const Overlay& overlay, std::uint64_t offset) {
    Bytes byte(1);
    REQUIRE(overlay.read(offset, byte));
    return {static_cast<char>(byte[0])};
}

}  // namespace

TEST_CASE("a flush holds although an earlier server was killed before the map's name was synced") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        Disk disk(random);
        auto overlay = create(disk);
        REQUIRE(overlay->write(0, as_bytes("x")));
        disk.live_for(6);  // syncs: data and new map, the latter again; then the rename
        (void)overlay->compact();
        overlay.reset();
        disk.live_on();
        auto again = open(disk);
        REQUIRE(again);
        REQUIRE((*again)->write(8192, as_bytes("y")));
        REQUIRE((*again)->flush());
        again->reset();
        disk.crash();
        again = open(disk, 1);
        INFO("seed " << seed);
        REQUIRE(again);
        CHECK(byte_at(**again, 8192) == "y");
    }
}

TEST_CASE("once a flush has failed it fails for good") {
    Random random(1);
    Disk disk(random);
    const auto overlay = create(disk);
    REQUIRE(overlay->write(0, as_bytes("x")));
    disk.fail_one_in(1);
    CHECK_FALSE(overlay->flush());
    disk.fail_one_in(0);
    CHECK_FALSE(overlay->flush());
    CHECK_FALSE(overlay->compact());
    CHECK(overlay->write(1, as_bytes("y")));
    CHECK(byte_at(*overlay, 1) == "y");
}

TEST_CASE("a failed flush is remembered by the next server, until the host restarts") {
    Random random(1);
    Disk disk(random);
    auto overlay = create(disk);
    REQUIRE(overlay->write(0, as_bytes("x")));
    REQUIRE(overlay->flush());
    REQUIRE(overlay->write(0, as_bytes("y")));
    disk.fail_one_in(1);
    CHECK_FALSE(overlay->flush());
    disk.fail_one_in(0);
    overlay.reset();
    auto next = open(disk);
    REQUIRE(next);
    CHECK((*next)->broken());
    CHECK_FALSE((*next)->flush());
    CHECK(byte_at(**next, 0) == "y");
    next->reset();
    CHECK_FALSE(check_overlay(*disk.store()).is_sound());
    disk.crash();
    next = open(disk, 1);
    REQUIRE(next);
    CHECK_FALSE((*next)->broken());
    CHECK((*next)->flush());
    CHECK(check_overlay(*disk.store()).is_sound());
}

TEST_CASE("a record that cannot be written fails its request only") {
    Random random(1);
    Disk disk(random);
    const auto overlay = create(disk);
    disk.fail_one_in(1);
    CHECK_FALSE(overlay->write(0, as_bytes("x")));
    CHECK_FALSE(overlay->zero({0, 4096}, nbdroot::sys::Holes::allowed));
    disk.fail_one_in(0);
    CHECK(byte_at(*overlay, 0) == "b");
    CHECK(overlay->write(0, as_bytes("x")));
    CHECK(overlay->flush());
    CHECK(byte_at(*overlay, 0) == "x");
}

TEST_CASE("a compaction that fails leaves the old map, and is not tried at once again") {
    Random random(1);
    Disk disk(random);
    const auto overlay = create(disk);
    while (!overlay->wants_compaction()) {
        REQUIRE(overlay->write(0, Bytes(4096)));
        REQUIRE(overlay->zero({0, 4096}, nbdroot::sys::Holes::allowed));
    }
    // After the sync of the data.
    disk.during_next_syncs(1, [&disk] { disk.fail_one_in(1); });
    CHECK_FALSE(overlay->compact());
    disk.fail_one_in(0);
    CHECK_FALSE(overlay->wants_compaction());
    CHECK(byte_at(*overlay, 0) == std::string(1, '\0'));
    CHECK(open(disk));
}

TEST_CASE("an overlay that begins anew is the old one or none until it is there") {
    for (std::uint64_t changes = 1; changes <= 12; ++changes) {
        for (std::uint64_t seed = 1; seed <= 10; ++seed) {
            Random random(seed);
            Disk disk(random);
            auto overlay = create(disk);
            REQUIRE(overlay->write(0, as_bytes("x")));
            REQUIRE(overlay->flush());
            overlay.reset();
            disk.live_for(changes);
            (void)Overlay::create(disk.store(),
                                  OverlayIdentity{.base_id = "golden", .image_bytes = kImageBytes},
                                  {}, read_base);
            disk.live_on();
            disk.crash();
            const auto after = open(disk, 1);
            INFO("changes " << changes << ", seed " << seed);
            if (!after) continue;
            const bool is_new = (*after)->used_bytes() == 0;
            CHECK(byte_at(**after, 0) == (is_new ? "b" : "x"));
        }
    }
}

TEST_CASE("what a failed write left is flushed with the rest: it has been read since") {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Random random(seed);
        Disk disk(random);
        auto overlay = create(disk);
        REQUIRE(overlay->write(0, Bytes(3 * 4096, std::byte{'x'})));
        REQUIRE(overlay->flush());
        disk.fail_one_in(1);
        CHECK_FALSE(overlay->write(0, Bytes(3 * 4096, std::byte{'y'})));
        disk.fail_one_in(0);
        const std::string left = byte_at(*overlay, 0);
        REQUIRE(overlay->flush());
        overlay.reset();
        disk.crash();
        const auto after = open(disk, 1);
        REQUIRE(after);
        INFO("seed " << seed);
        CHECK(byte_at(**after, 0) == left);
    }
}

TEST_CASE("an overlay that was closed in order has lost nothing by a restart of the host") {
    const bool flushes = GENERATE(true, false);
    Random random(1);
    Disk disk(random);
    auto overlay = create(disk);
    REQUIRE(overlay->write(0, as_bytes("x")));
    if (flushes) REQUIRE(overlay->flush());
    overlay.reset();
    auto next = open(disk, 1);
    REQUIRE(next);
    CHECK((*next)->may_have_lost() == !flushes);
    // The same if it has been open in between.
    if (flushes) REQUIRE((*next)->flush());
    next->reset();
    next = open(disk, 1);
    REQUIRE(next);
    CHECK_FALSE((*next)->may_have_lost());
    if (flushes) REQUIRE((*next)->flush());
    next->reset();
    next = open(disk, 2);
    REQUIRE(next);
    CHECK((*next)->may_have_lost() == !flushes);
}

TEST_CASE("a crash of the host while an overlay is open may have cost what no record names") {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        Disk disk(random);
        auto overlay = create(disk);
        REQUIRE(overlay->write(0, as_bytes("x")));
        REQUIRE(overlay->flush());
        overlay.reset();
        auto next = open(disk);
        REQUIRE(next);
        REQUIRE((*next)->write(0, as_bytes("y")));  // in place
        next->reset();
        disk.crash();
        next = open(disk, 1);
        REQUIRE(next);
        INFO("seed " << seed);
        CHECK((*next)->may_have_lost());
    }
}

TEST_CASE("an overlay whose sync has failed is not closed in order") {
    Random random(1);
    Disk disk(random);
    auto overlay = create(disk);
    REQUIRE(overlay->flush());
    REQUIRE(overlay->write(0, as_bytes("x")));
    disk.fail_one_in(1);
    CHECK_FALSE(overlay->flush());
    disk.fail_one_in(0);
    overlay.reset();
    const auto next = open(disk, 1);
    REQUIRE(next);
    CHECK((*next)->may_have_lost());
}

TEST_CASE("whoever reads a block while it is first written never sees half of it") {
    Random random(1);
    Disk disk(random);
    const auto overlay = create(disk);
    const bool was_zero = GENERATE(false, true);
    const bool at_once = GENERATE(false, true);
    const std::size_t offset = GENERATE(std::size_t{0}, std::size_t{100});
    const std::size_t length = 3 * 4096 - 2 * offset;
    const char before = was_zero ? '\0' : 'b';
    if (was_zero) REQUIRE(overlay->zero({0, 3 * 4096}, nbdroot::sys::Holes::allowed));
    std::size_t looks = 0;
    disk.during_writes([&] {
        ++looks;
        for (std::uint64_t block = 0; block < 3; ++block) {
            Bytes seen(4096);
            REQUIRE(overlay->read(block * 4096, seen));
            const std::size_t changed =
                static_cast<std::size_t>(std::count(seen.begin(), seen.end(), std::byte{'w'}));
            const std::size_t kept = static_cast<std::size_t>(
                std::count(seen.begin(), seen.end(), static_cast<std::byte>(before)));
            CHECK((changed == 0 || changed == 4096 - (block == 1 ? 0 : offset)));
            CHECK(changed + kept == 4096);
        }
    });
    const Bytes bytes(length, std::byte{'w'});
    if (!at_once || overlay->write_now(offset, bytes) == false) {
        REQUIRE(overlay->write(offset, bytes));
    }
    disk.during_writes({});
    CHECK(looks > 6);
    CHECK(byte_at(*overlay, offset) == "w");
    CHECK(byte_at(*overlay, offset + length - 1) == "w");
}
