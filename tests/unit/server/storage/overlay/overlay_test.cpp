#include "server/storage/overlay/overlay.h"

#include <cerrno>
#include <thread>

#include "server/storage/overlay/checker.h"
#include "tests/support/catch.h"
#include "tests/unit/server/storage/overlay/temporary_overlay.h"

using nbdroot::Bytes;
using nbdroot::base::as_bytes;
using nbdroot::base::as_text;
using nbdroot::server::storage::overlay::BlockState;
using nbdroot::server::storage::overlay::BootId;
using nbdroot::server::storage::overlay::check_overlay;
using nbdroot::server::storage::overlay::Extent;
using nbdroot::sys::Holes;
using nbdroot::test::Overlay;
using nbdroot::test::Store;
using nbdroot::test::TemporaryOverlay;

namespace {

constexpr std::uint64_t kBlock = 4096;
constexpr auto kBase = BlockState::base;
constexpr auto kData = BlockState::data;
constexpr auto kZero = BlockState::zero;
constexpr BootId kAnotherBoot{std::byte{1}};

std::string text_of(const Overlay& overlay, Extent extent) {
    Bytes bytes(extent.length_bytes);
    const auto result = overlay.read(extent.offset_bytes, bytes);
    return result ? std::string(as_text(bytes)) : result.error().message();
}

std::vector<std::pair<std::uint64_t, BlockState>> states(const Overlay& overlay, Extent extent) {
    std::vector<std::pair<std::uint64_t, BlockState>> all;
    for (const auto& run : overlay.runs_of(extent)) {
        all.emplace_back(run.extent.length_bytes, run.state);
    }
    return all;
}

using States = std::vector<std::pair<std::uint64_t, BlockState>>;

}  // namespace

TEST_CASE("a write within a block keeps what the image has around it") {
    const TemporaryOverlay files(10 * kBlock);
    const auto overlay = files.create();
    REQUIRE(overlay->write(kBlock + 10, as_bytes("abc")));
    CHECK(text_of(*overlay, {kBlock + 8, 7}) == "bbabcbb");
    CHECK(text_of(*overlay, {2 * kBlock - 1, 2}) == "bb");
    CHECK(states(*overlay, {0, 10 * kBlock}) ==
          States{{kBlock, kBase}, {kBlock, kData}, {8 * kBlock, kBase}});
    CHECK(overlay->used_bytes() == kBlock);
    CHECK_FALSE(overlay->is_base({kBlock, 1}));
    CHECK(overlay->is_base({0, kBlock}));
}

TEST_CASE("the last block of an image need not be whole") {
    const TemporaryOverlay files(kBlock + 100);
    const auto overlay = files.create();
    REQUIRE(overlay->write(kBlock + 98, as_bytes("xy")));
    CHECK(text_of(*overlay, {kBlock + 96, 4}) == "bbxy");
    REQUIRE(overlay->zero({kBlock, 100}, Holes::allowed));
    CHECK(text_of(*overlay, {kBlock + 98, 2}) == std::string(2, '\0'));
    CHECK(states(*overlay, {0, kBlock + 100}) == States{{kBlock, kBase}, {100, kZero}});
    CHECK(overlay->used_bytes() == 0);
}

TEST_CASE("zeroes free whole blocks, and are written at the edges") {
    const TemporaryOverlay files(10 * kBlock);
    const auto overlay = files.create();
    REQUIRE(overlay->write(0, Bytes(5 * kBlock, std::byte{'w'})));
    REQUIRE(overlay->zero({kBlock - 2, 3 * kBlock + 4}, Holes::allowed));
    CHECK(text_of(*overlay, {kBlock - 3, 4}) == std::string("w\0\0\0", 4));
    CHECK(text_of(*overlay, {4 * kBlock, 4}) == std::string("\0\0ww", 4));
    CHECK(overlay->used_bytes() == 2 * kBlock);
    REQUIRE(overlay->zero({5 * kBlock, kBlock}, Holes::forbidden));
    CHECK(states(*overlay, {0, 6 * kBlock}) ==
          States{{kBlock, kData}, {3 * kBlock, kZero}, {2 * kBlock, kData}});
    // In a block of zeroes the image no longer shows.
    REQUIRE(overlay->write(2 * kBlock + 1, as_bytes("q")));
    CHECK(text_of(*overlay, {2 * kBlock, 3}) == std::string("\0q\0", 3));
}

TEST_CASE("zeroes over zeroes write nothing") {
    const TemporaryOverlay files(10 * kBlock);
    const auto overlay = files.create();
    REQUIRE(overlay->zero({0, 4 * kBlock}, Holes::allowed));
    const auto before = overlay->map_file_bytes();
    REQUIRE(overlay->zero({kBlock, 2 * kBlock}, Holes::allowed));
    CHECK(overlay->map_file_bytes() == before);
}

TEST_CASE("a write needs at most two pieces of the image, and none of blocks that it has") {
    const TemporaryOverlay files(10 * kBlock);
    const auto overlay = files.create();
    CHECK(overlay->needs_of_base({kBlock, 2 * kBlock}).empty());
    const auto both = overlay->needs_of_base({kBlock + 1, 2 * kBlock});
    REQUIRE(both.size() == 2);
    CHECK(both[0].offset_bytes == kBlock);
    CHECK(both[0].length_bytes == 1);
    CHECK(both[1].offset_bytes == 3 * kBlock + 1);
    CHECK(both[1].length_bytes == kBlock - 1);
    REQUIRE(overlay->write(3 * kBlock, as_bytes("x")));
    CHECK(overlay->needs_of_base({kBlock + 1, 2 * kBlock}).size() == 1);
    REQUIRE(overlay->zero({kBlock, kBlock}, Holes::allowed));
    CHECK(overlay->needs_of_base({kBlock + 1, 2 * kBlock}).empty());
}

TEST_CASE("a write that would wait for the image is not begun by who must not wait") {
    TemporaryOverlay files(10 * kBlock);
    const auto overlay = files.create();
    files.let_base_fail();
    CHECK(overlay->write_now(10, as_bytes("abc")) == false);
    CHECK(overlay->is_base({0, 10 * kBlock}));
    CHECK(overlay->write_now(0, Bytes(kBlock)) == true);
    CHECK(overlay->write_now(10, as_bytes("abc")) == true);
    CHECK(text_of(*overlay, {10, 3}) == "abc");
}

TEST_CASE("a write whose block of the image cannot be read fails and changes nothing") {
    TemporaryOverlay files(10 * kBlock);
    const auto overlay = files.create();
    files.let_base_fail();
    CHECK_FALSE(overlay->write(1, as_bytes("abc")));
    CHECK(overlay->is_base({0, 10 * kBlock}));
    CHECK(overlay->write(0, Bytes(kBlock)));  // needs nothing of it
}

TEST_CASE("what was written is there when the server comes back, compacted or not") {
    const bool compacts = GENERATE(false, true);
    const TemporaryOverlay files(10 * kBlock);
    {
        const auto overlay = files.create();
        REQUIRE(overlay->write(100, as_bytes("first")));
        if (compacts) REQUIRE(overlay->compact());
        REQUIRE(overlay->write(9000, as_bytes("second")));
    }
    const auto overlay = files.open();
    REQUIRE(overlay);
    CHECK(text_of(**overlay, {100, 5}) == "first");
    CHECK(text_of(**overlay, {9000, 6}) == "second");
    CHECK(check_overlay(*files.store()).is_sound());
}

TEST_CASE("when the host comes back what was flushed is there, and the rest is as in the image") {
    const TemporaryOverlay files(10 * kBlock);
    {
        const auto overlay = files.create();
        REQUIRE(overlay->write(0, as_bytes("flushed")));
        REQUIRE(overlay->flush());
        REQUIRE(overlay->write(2 * kBlock, as_bytes("not")));
    }
    const auto overlay = files.open(kAnotherBoot);
    REQUIRE(overlay);
    CHECK(text_of(**overlay, {0, 7}) == "flushed");
    CHECK(text_of(**overlay, {2 * kBlock, 3}) == "bbb");
    CHECK((*overlay)->used_bytes() == kBlock);
}

TEST_CASE("a flush of what has not changed writes nothing") {
    const TemporaryOverlay files(10 * kBlock);
    const auto overlay = files.create();
    REQUIRE(overlay->write(0, as_bytes("x")));
    REQUIRE(overlay->flush());
    const auto before = overlay->map_file_bytes();
    REQUIRE(overlay->flush());
    REQUIRE(overlay->write(1, as_bytes("y")));  // the block is there already
    REQUIRE(overlay->flush());
    CHECK(overlay->map_file_bytes() == before);
}

TEST_CASE("an overlay of another image is refused, with both named") {
    const TemporaryOverlay files(10 * kBlock);
    (void)files.create();
    const auto other = Overlay::open(files.store(), "silver", 10 * kBlock, {}, files.read_base());
    REQUIRE_FALSE(other);
    CHECK(other.error().reason == "it belongs to the image golden, not to silver");
    const auto larger = Overlay::open(files.store(), "golden", 11 * kBlock, {}, files.read_base());
    REQUIRE_FALSE(larger);
    CHECK(larger.error().reason == "it belongs to an image of 40960 B, not of 45056 B");
}

TEST_CASE("an overlay that is open is not opened twice, nor begun anew") {
    const TemporaryOverlay files(10 * kBlock);
    const auto overlay = files.create();
    REQUIRE(overlay->write(0, as_bytes("mine")));
    const auto second = files.open();
    REQUIRE_FALSE(second);
    CHECK(second.error().reason ==
          "it is locked by another process: a server that has it open, or an "
          "nbd-rootserverctl that copies it");
    const auto anew = Overlay::create(
        files.store(), {.base_id = "golden", .image_bytes = 10 * kBlock}, {}, files.read_base());
    REQUIRE_FALSE(anew);
    CHECK(anew.error().code == EBUSY);
    CHECK(check_overlay(*files.store()).is_sound());
    CHECK(check_overlay(*files.store()).notes.front() ==
          "somebody has it open: its data file is not looked at");
}

TEST_CASE("a log that has grown is compacted to what it says") {
    const TemporaryOverlay files(64 * kBlock);
    const auto overlay = files.create();
    const auto empty = overlay->map_file_bytes();
    CHECK_FALSE(overlay->wants_compaction());
    while (!overlay->wants_compaction()) {
        REQUIRE(overlay->write(0, Bytes(2 * kBlock, std::byte{1})));
        REQUIRE(overlay->zero({0, 2 * kBlock}, Holes::allowed));
    }
    CHECK(overlay->map_file_bytes() > 256 * 1024);
    REQUIRE(overlay->compact());
    CHECK_FALSE(overlay->wants_compaction());
    CHECK(overlay->map_file_bytes() <= empty + 16);
    CHECK(states(*overlay, {0, 3 * kBlock}) == States{{2 * kBlock, kZero}, {kBlock, kBase}});
}

TEST_CASE(
    "writers of neighbouring sectors, flushes and compactions do not lose each other's work") {
    constexpr std::uint64_t kBlocks = 8;
    constexpr std::uint64_t kSector = 512;
    constexpr unsigned kThreads = 4;
    constexpr int kRounds = 150;
    const TemporaryOverlay files(kBlocks * kBlock);
    {
        const auto overlay = files.create();
        std::atomic<int> failures = 0;
        std::vector<std::thread> threads;
        for (unsigned number = 0; number < kThreads; ++number) {
            threads.emplace_back([&, number] {
                for (int round = 1; round <= kRounds; ++round) {
                    for (std::uint64_t block = 0; block < kBlocks; ++block) {
                        const std::uint64_t offset = block * kBlock + 2 * number * kSector;
                        const Bytes bytes(kSector, static_cast<std::byte>(round));
                        const auto done = overlay->write_now(offset, bytes);
                        if (!done || (!*done && !overlay->write(offset, bytes))) ++failures;
                        Bytes seen(kSector);
                        if (!overlay->read(offset, seen) || seen != bytes) ++failures;
                    }
                    if (number == 0 && round % 10 == 0 && !overlay->flush()) ++failures;
                    if (number == 1 && round % 10 == 0 && !overlay->compact()) ++failures;
                }
            });
        }
        for (std::thread& thread : threads) thread.join();
        CHECK(failures == 0);
    }
    const auto overlay = files.open();
    REQUIRE(overlay);
    for (std::uint64_t offset = 0; offset < kBlocks * kBlock; offset += kSector) {
        const bool is_written = offset / kSector % 2 == 0;
        const char expected = is_written ? static_cast<char>(kRounds) : 'b';
        REQUIRE(text_of(**overlay, {offset, 1}) == std::string(1, expected));
    }
}
