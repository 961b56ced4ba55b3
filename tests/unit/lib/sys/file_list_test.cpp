#include "lib/sys/file_list.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using Names = std::vector<std::string>;

TEST_CASE("the files of a directory are listed sorted, and links to files, and nothing else") {
    std::string directory = "/tmp/nbdroot-file-list-XXXXXX";
    REQUIRE(::mkdtemp(directory.data()) != nullptr);
    const Names files{directory + "/b", directory + "/a"};
    for (const std::string& file : files) REQUIRE(sys::replace_file(file, ""));
    REQUIRE(::mkdir((directory + "/c").c_str(), 0700) == 0);
    REQUIRE(::symlink("a", (directory + "/d").c_str()) == 0);
    REQUIRE(::symlink("nowhere", (directory + "/e").c_str()) == 0);
    CHECK(sys::list_files(directory) == Names{"a", "b", "d"});
    CHECK(sys::list_directories(directory) == Names{"c"});
    for (const char* name : {"/a", "/b", "/d", "/e"}) sys::remove_file(directory + name);
    ::rmdir((directory + "/c").c_str());
    ::rmdir(directory.c_str());
    CHECK(sys::list_files(directory).error().reason == "No such file or directory");
}
