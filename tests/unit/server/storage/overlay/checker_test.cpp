#include "server/storage/overlay/checker.h"

#include <fcntl.h>

#include <cerrno>

#include "lib/sys/disk.h"
#include "server/storage/overlay/map_files.h"
#include "tests/unit/server/storage/overlay/map_records.h"
#include "tests/unit/server/storage/overlay/temporary_overlay.h"

using nbdroot::base::as_bytes;
using nbdroot::server::storage::overlay::check_overlay;
using nbdroot::server::storage::overlay::CheckReport;
using nbdroot::server::storage::overlay::LogRecord;
using nbdroot::server::storage::overlay::read_map;
using nbdroot::test::BootId;
using nbdroot::test::FileStore;
using nbdroot::test::Store;
using nbdroot::test::TemporaryOverlay;

namespace {

constexpr std::uint64_t kBlock = 4096;

void write_into(const std::string& path, std::uint64_t offset, std::string_view text) {
    const auto fd = nbdroot::sys::open_file(path, O_RDWR);
    REQUIRE(fd);
    REQUIRE(nbdroot::sys::write_at(fd->get(), offset, as_bytes(text)));
}

void resize(const std::string& path, std::uint64_t bytes) {
    const auto fd = nbdroot::sys::open_file(path, O_RDWR);
    REQUIRE(fd);
    REQUIRE(nbdroot::sys::resize(fd->get(), bytes));
}

std::string only_fault(const TemporaryOverlay& files) {
    const CheckReport report = check_overlay(*files.store());
    return report.faults.size() == 1 ? report.faults.front() : "";
}

}  // namespace

TEST_CASE("a sound overlay has no faults, and its figures") {
    const TemporaryOverlay files(100 * kBlock);
    {
        const auto overlay = files.create();
        REQUIRE(overlay->write(0, as_bytes("x")));
        REQUIRE(overlay->flush());
        REQUIRE(overlay->zero({kBlock, 3 * kBlock}, nbdroot::sys::Holes::allowed));
    }
    const CheckReport report = check_overlay(*files.store());
    CHECK(report.is_sound());
    REQUIRE(report.identity);
    CHECK(report.identity->base_id == "golden");
    CHECK(report.blocks == 100);
    CHECK(report.data_blocks == 1);
    CHECK(report.zero_blocks == 3);
    CHECK(report.log_records == 3);
    CHECK(report.unflushed_records == 2);  // the barrier itself is not flushed either
    CHECK(report.notes ==
          std::vector<std::string>{"2 records are not flushed; a crash of the host loses them"});
}

TEST_CASE("space that no block leads to is noted") {
    const TemporaryOverlay files(100 * kBlock);
    (void)files.create();
    write_into(files.path(Store::Part::data), 50 * kBlock, "lost");
    const CheckReport report = check_overlay(*files.store());
    CHECK(report.is_sound());
    REQUIRE(report.notes.size() == 1);
    CHECK(report.notes[0].find("belong to no block") != std::string::npos);
}

TEST_CASE("half a record at the end of the log is noted") {
    const TemporaryOverlay files(100 * kBlock);
    const std::uint64_t end = files.create()->map_file_bytes();
    write_into(files.path(Store::Part::map), end, "1234567");
    const CheckReport report = check_overlay(*files.store());
    CHECK(report.is_sound());
    CHECK(report.notes ==
          std::vector<std::string>{"7 B behind the last whole record of the log are ignored"});
}

TEST_CASE("files that are missing, cut off, changed or strangers' are faults") {
    const TemporaryOverlay files(100 * kBlock);
    CHECK(only_fault(files).find("map: open") == 0);
    (void)files.create();
    resize(files.path(Store::Part::data), 99 * kBlock);
    CHECK(only_fault(files).find("the data file has 405504 B, the image 409600 B") == 0);
    write_into(files.path(Store::Part::map), 30, "?");
    CHECK(only_fault(files) == "map: read: the header's checksum is wrong");
    write_into(files.path(Store::Part::map), 0, "?");
    CHECK(only_fault(files) == "map: read: not the map of an overlay");
    resize(files.path(Store::Part::map), 0);
    CHECK(only_fault(files) == "map: read: too short for a header");
}

TEST_CASE("an overlay that is in use has no faults, whatever is half written there") {
    const TemporaryOverlay files(100 * kBlock);
    const auto overlay = files.create();
    REQUIRE(overlay->write(0, as_bytes("x")));
    write_into(files.path(Store::Part::map), overlay->map_file_bytes(), "1234567");
    const std::string path = files.path(Store::Part::data);
    FileStore store(path.substr(0, path.size() - 5), FileStore::Use::look);
    const CheckReport report = check_overlay(store);
    CHECK(report.is_sound());
    CHECK(report.is_in_use);
    CHECK(report.notes ==
          std::vector<std::string>{"somebody has it open: its data file is not looked at",
                                   "1 records are not flushed; a crash of the host loses them"});
}

TEST_CASE("who only looks at an overlay keeps nobody out, and changes nothing") {
    const TemporaryOverlay files(100 * kBlock);
    (void)files.create();
    const std::string path = files.path(Store::Part::data);
    FileStore store(path.substr(0, path.size() - 5), FileStore::Use::look);
    const auto data = store.open(Store::Part::data);
    REQUIRE(data);
    CHECK(files.open());
    CHECK_FALSE((*data)->write(0, as_bytes("x")));
    CHECK(store.create(Store::Part::new_map).error().code == EROFS);
    CHECK(store.remove(Store::Part::map).error().code == EROFS);
    CHECK(store.replace_map().error().code == EROFS);
}

TEST_CASE("after a crash of the host what was not flushed is said not to count") {
    const TemporaryOverlay files(100 * kBlock);
    {
        const auto overlay = files.create();
        REQUIRE(overlay->write(0, as_bytes("x")));
        REQUIRE(overlay->flush());
        REQUIRE(overlay->write(kBlock, as_bytes("y")));
    }
    const BootId next{std::byte{1}};
    const CheckReport report = check_overlay(*files.store(), next);
    CHECK(report.is_sound());
    CHECK(report.data_blocks == 1);
    REQUIRE_FALSE(report.notes.empty());
    CHECK(report.notes.front() ==
          "the host has been restarted since it was open: 2 records were not flushed, and do not "
          "count any more");
    CHECK(check_overlay(*files.store(), BootId{}).data_blocks == 2);
}

TEST_CASE("a failed sync is a fault until the host has been restarted") {
    const TemporaryOverlay files(100 * kBlock);
    const auto store = files.store();
    const std::string map_path = files.path(Store::Part::map);
    {
        const auto overlay = files.create();
        REQUIRE(overlay->write(0, as_bytes("x")));
        REQUIRE(overlay->flush());
    }
    auto bytes = read_map(**store->open(Store::Part::map));
    REQUIRE(bytes);
    const auto broken = nbdroot::test::with_records(*bytes, {{.kind = LogRecord::Kind::broken}});
    write_into(map_path, 0, nbdroot::base::as_text(broken));
    const CheckReport report = check_overlay(*files.store(), BootId{});
    REQUIRE(report.faults.size() == 1);
    CHECK(report.faults[0].find("a sync has failed") == 0);
    CHECK(check_overlay(*files.store(), BootId{std::byte{1}}).is_sound());
}
