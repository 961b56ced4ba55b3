#include "lib/sys/directory.h"
#include "tests/support/catch.h"

using namespace nbdroot;

TEST_CASE("the room of a directory's file system is that of statfs") {
    const auto root = sys::Directory::open("/");
    REQUIRE(root.has_value());
    const auto room = root->room_at("proc/..");
    REQUIRE(room.has_value());
    CHECK(room->used_bytes <= room->total_bytes);
    CHECK(room->total_bytes > 0);
    CHECK(room->used_files <= room->total_files);
}

TEST_CASE("an overlay that is not mounted yet has no room to look at") {
    const auto root = sys::Directory::open("/");
    REQUIRE(root.has_value());
    CHECK_FALSE(root->room_at("no/such/upper").has_value());
    CHECK_FALSE(root->room_at("proc/self/stat").has_value());
}
