#include "server/merkle/kept_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"

namespace nbdroot::server::merkle {
namespace {

struct Folder {
    Folder() {
        char name[] = "/tmp/nbdroot-merkle-XXXXXX";
        REQUIRE(::mkdtemp(name) != nullptr);
        path = name;
        REQUIRE(sys::make_directories(path + "/state"));
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path); }

    [[nodiscard]] KeptPlace place() const {
        return {
            .image_path = path + "/a.img", .image_id = "id", .state_directory = path + "/state"};
    }

    std::string path;
};

KeptRoot example() { return {.version = {.inode = 1, .size_bytes = 2}, .root = {}}; }

}  // namespace

TEST_CASE("a root is kept beside its image, and found for that version alone") {
    const Folder folder;
    CHECK(keep_root(folder.place(), example()).value() == folder.path + "/a.img.merkle");
    CHECK(find_kept_root(folder.place(), example().version) == example());
    CHECK_FALSE(find_kept_root(folder.place(), {.inode = 1, .size_bytes = 3}));
    CHECK_FALSE(find_kept_root(folder.place(), {.inode = 1, .size_bytes = 2, .changed_ns = 1}));
}

TEST_CASE("where nothing can be written beside the image the state directory has it") {
    const Folder folder;
    KeptPlace place = folder.place();
    place.image_path = folder.path + "/no/such/a.img";
    CHECK(keep_root(place, example()).value() == folder.path + "/state/id.merkle");
    CHECK(find_kept_root(place, example().version) == example());
}

TEST_CASE("a former image, whose name goes away, leaves nothing beside it") {
    const Folder folder;
    KeptPlace place = folder.place();
    place.image_path.clear();
    CHECK(keep_root(place, example()).value() == folder.path + "/state/id.merkle");
    place.state_directory.clear();
    CHECK_FALSE(keep_root(place, example()));
}

TEST_CASE("somebody's file of that name is left alone") {
    const Folder folder;
    const std::string path = folder.path + "/a.img.merkle";
    REQUIRE(sys::replace_file(path, "my notes"));
    CHECK(keep_root(folder.place(), example()).value() == folder.path + "/state/id.merkle");
    CHECK(sys::read_text_file(path).value() == "my notes");
    REQUIRE(sys::replace_file(path, std::string(2 * kLongestKept, 'x')));
    KeptPlace only_beside = folder.place();
    only_beside.state_directory.clear();
    CHECK(keep_root(only_beside, example()).error().reason == "another file has this name");
}

TEST_CASE("a damaged root is found by nobody, and written anew") {
    const Folder folder;
    const std::string path = folder.path + "/a.img.merkle";
    const auto damaged = GENERATE(std::string(), std::string("nbdroot merkle 1\nalgo"));
    REQUIRE(sys::replace_file(path, damaged));
    CHECK_FALSE(find_kept_root(folder.place(), example().version));
    CHECK(keep_root(folder.place(), example()).value() == path);
    CHECK(find_kept_root(folder.place(), example().version) == example());
}

}  // namespace nbdroot::server::merkle
