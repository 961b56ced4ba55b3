#include "lib/sys/file_names.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot;

TEST_CASE("a path as another process sees it") {
    CHECK(sys::absolute_path("/x/../y") == "/x/../y");
    const std::string here = sys::absolute_path("a.img");
    CHECK(here.starts_with('/'));
    CHECK(here.ends_with("/a.img"));
    CHECK(*sys::read_link("/proc/self/cwd") + "/a.img" == here);
}

TEST_CASE("a new name is taken, and one that is in use is not") {
    std::string folder = "/tmp/nbdroot-names-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string from = folder + "/from";
    const std::string to = folder + "/to";
    REQUIRE(sys::replace_file(from, "1"));
    REQUIRE(sys::rename_to_new_name(from, to));
    CHECK_FALSE(sys::path_exists(from));
    REQUIRE(sys::replace_file(from, "2"));
    const auto refused = sys::rename_to_new_name(from, to);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == EEXIST);
    CHECK(*sys::read_text_file(to) == "1");
    CHECK(*sys::read_text_file(from) == "2");
    for (const std::string& path : {from, to}) sys::remove_file(path);
    ::rmdir(folder.c_str());
}
