#include "server/export/export.h"

#include <unistd.h>

#include <algorithm>
#include <future>
#include <optional>
#include <thread>
#include <vector>

#include "lib/protocol/nbd/constants.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

namespace nbd = nbdroot::protocol::nbd;
using nbdroot::Level;
using nbdroot::Log;
using nbdroot::Result;
using nbdroot::server::export_::Export;
using nbdroot::server::export_::Sharing;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::Buffer;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

namespace {

// On a worker.
Result<void> write(BoundedLoop& loop, Export& target, std::uint64_t offset, std::string_view text) {
    Buffer bytes(text.size());
    std::copy(text.begin(), text.end(), reinterpret_cast<char*>(bytes.span().data()));
    std::optional<Result<void>> result;
    target.write(offset, std::move(bytes),
                 [&](const Result<void>& told, const Buffer&) { result = told; });
    loop.run_until([&] { return result.has_value(); });
    return *result;
}

}  // namespace

TEST_CASE("a writable export announces what it can do, and not that connections may share it") {
    const TemporaryFile file("0123");
    const auto info = nbdroot::server::export_::info_of(*Image::open(file.path(), Access::writable),
                                                        Sharing::one_writer);
    CHECK(info.size_bytes == 4);
    CHECK(info.transmission_flags ==
          (nbd::kTransmitHasFlags | nbd::kTransmitSendFlush | nbd::kTransmitSendFua |
           nbd::kTransmitSendTrim | nbd::kTransmitSendWriteZeroes | nbd::kTransmitSendCache));
    CHECK(info.block_sizes ==
          nbd::BlockSizes{.minimum = 1, .preferred = 4096, .maximum_payload = 32 << 20});
}

TEST_CASE("a read-only export announces no command that writes") {
    const TemporaryFile file("0123");
    const auto info = nbdroot::server::export_::info_of(
        *Image::open(file.path(), Access::read_only), Sharing::one_writer);
    CHECK(info.transmission_flags ==
          (nbd::kTransmitHasFlags | nbd::kTransmitReadOnly | nbd::kTransmitSendFlush |
           nbd::kTransmitSendFua | nbd::kTransmitCanMultiConn | nbd::kTransmitSendCache));
}

TEST_CASE("a fault of the disk is logged with its export, and told to its caller") {
    BoundedLoop loop;
    auto pool = std::move(*WorkerPool::start(loop.get(), 2));
    std::vector<std::string> lines;
    const Log log(Level::info, [&](Level, std::string_view line) { lines.emplace_back(line); });
    const TemporaryFile file("0123456789");
    auto target = std::make_shared<Export>(Export::Traits{.name = "x"},
                                           std::move(*Image::open(file.path(), Access::read_only)),
                                           *pool, log);
    REQUIRE(::truncate(file.path().c_str(), 4) == 0);
    int failed = 0;
    for (int i = 0; i < 3; ++i) {
        target->read(4, Buffer(4), 0, [&](const Result<void>& result, const Buffer&) {
            if (!result) ++failed;
        });
    }
    loop.run_until([&] { return failed == 3; });
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] == "export 'x': read " + file.path() + ": the image ends at or before byte 4");
}

TEST_CASE("a write to what is gone of a truncated image does not make it long again") {
    BoundedLoop loop;
    auto pool = std::move(*WorkerPool::start(loop.get(), 1));
    std::vector<std::string> lines;
    const Log log(Level::info, [&](Level, std::string_view line) { lines.emplace_back(line); });
    const TemporaryFile file("0123456789");
    auto target = std::make_shared<Export>(Export::Traits{.name = "x"},
                                           std::move(*Image::open(file.path(), Access::writable)),
                                           *pool, log);
    REQUIRE(::truncate(file.path().c_str(), 4) == 0);
    const auto written = target->write_now(8, nbdroot::base::as_bytes("ab"));
    REQUIRE(written);
    REQUIRE_FALSE(*written);
    CHECK(written->error().code == ENODATA);
    CHECK(write(loop, *target, 8, "ab").error().code == ENODATA);
    CHECK(write(loop, *target, 2, "ab"));  // what is left can be written
    CHECK(file.contents() == "01ab");
    REQUIRE(lines.size() == 2);
    CHECK(lines[0] == "export 'x': write " + file.path() + ": the image was truncated to 4 B");
}

TEST_CASE("an export goes on the thread of its loop, whatever was the last to work on it") {
    BoundedLoop loop;
    auto pool = std::move(*WorkerPool::start(loop.get(), 1));
    const Log log(Level::info, [](Level, std::string_view) {});
    const TemporaryFile file("0123456789");
    auto target = std::make_shared<Export>(Export::Traits{.name = "x"},
                                           std::move(*Image::open(file.path(), Access::read_only)),
                                           *pool, log);
    std::optional<std::thread::id> ended;
    const int held = 0;
    target->keep(std::shared_ptr<const void>(
        &held, [&](const void*) { ended = std::this_thread::get_id(); }));
    // The one worker is at it until nobody but the work has the export.
    std::promise<void> alone;
    pool->submit({.work = [&] { alone.get_future().wait(); }, .done = [] {}});
    SECTION("read") {
        target->read(0, Buffer(4), 0, [](const auto&, const auto&) {});
    }
    SECTION("allocation") {
        target->allocation({0, 10}, nbd::ExtentList(10, 1), [](const auto&, const auto&) {});
    }
    SECTION("prefetch") {
        target->prefetch({0, 10}, [](const auto&) {});
    }
    SECTION("sync") {
        target->sync([](const auto&) {});
    }
    target.reset();
    alone.set_value();
    loop.run_until([&] { return ended.has_value(); });
    CHECK(*ended == std::this_thread::get_id());
}
