#include "server/machines/leftovers.h"

#include <utime.h>

#include <cerrno>

#include "server/storage/overlay/file_store.h"
#include "tests/unit/server/machines/site.h"

using nbdroot::server::machines::clear_up;
using nbdroot::server::machines::remove_old_boots;
using nbdroot::server::machines::remove_unfinished;
using nbdroot::server::storage::overlay::FileStore;
using namespace nbdroot::test;

namespace {

constexpr utimbuf kLongAgo{.actime = 1, .modtime = 1};

std::set<std::string> listing(const Site& site) {
    const auto names = site.directory.names();
    return {names.begin(), names.end()};
}

}  // namespace

TEST_CASE("what has become an overlay since the directory was listed stays, with its boots") {
    const Site site;
    const auto opening = site.opening(Wish::fresh, owner_of("one"));
    overwrite(opening.stem + ".data", "");
    overwrite(boots_path(opening.stem), "");
    const auto names = listing(site);
    write_first_bytes(opening, 1);
    clear_up(site.directory.path(), names);
    CHECK(open_overlay(site.opening(Wish::same, owner_of("one"))));
    CHECK(nbdroot::sys::path_exists(boots_path(opening.stem)));
}

TEST_CASE("data without a map goes, but not under somebody who makes an overlay of it") {
    const Site site;
    const std::string stem = site.opening(Wish::fresh, owner_of("one")).stem;
    overwrite(stem + ".data", "");
    overwrite(stem + ".map.new", "");
    {
        const auto held = FileStore(stem).open(FileStore::Part::data);
        REQUIRE(held);
        clear_up(site.directory.path(), listing(site));
        CHECK(remove_unfinished(stem).error().code == EBUSY);
        CHECK(site.directory.names().size() == 2);
    }
    clear_up(site.directory.path(), listing(site));
    CHECK(site.directory.names().empty());
    CHECK(remove_unfinished(stem));
}

TEST_CASE(
    "an old record of boots without an overlay goes, one that has been replaced since stays") {
    const Site site;
    const std::string stem = site.opening(Wish::fresh, owner_of("one")).stem;
    const std::string path = boots_path(stem);
    overwrite(path, "by a machine that has come meanwhile");
    remove_old_boots(path);
    CHECK(nbdroot::sys::read_text_file(path) ==
          std::string("by a machine that has come meanwhile"));
    CHECK(site.directory.names().size() == 1);
    REQUIRE(::utime(path.c_str(), &kLongAgo) == 0);
    clear_up(site.directory.path(), listing(site));
    CHECK(site.directory.names().empty());
    remove_old_boots(path);
}

TEST_CASE("a record of boots that was being looked at in a crash is put back") {
    const Site site;
    const std::string stem = site.opening(Wish::fresh, owner_of("one")).stem;
    const std::string path = boots_path(stem);
    overwrite(path + ".old", "record");
    clear_up(site.directory.path(), listing(site));
    CHECK(nbdroot::sys::read_text_file(path) == std::string("record"));
    overwrite(path + ".old", "older");
    clear_up(site.directory.path(), listing(site));
    CHECK(nbdroot::sys::read_text_file(path) == std::string("record"));
    CHECK(site.directory.names().size() == 1);
}

TEST_CASE("a map that cannot be looked at keeps its data") {
    const TemporaryFile file;
    CHECK_FALSE(remove_unfinished(file.path() + "/temporary-1"));
}
