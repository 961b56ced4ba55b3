#include "server/machines/directories.h"

#include "lib/sys/file.h"
#include "tests/support/catch.h"
#include "tests/unit/server/machines/site.h"

using namespace nbdroot;
using server::machines::remember_directories;
using Paths = std::vector<std::string>;

TEST_CASE("directories of overlays are added to those that there were, each once") {
    const test::TemporaryDirectory directory;
    const std::string record = directory.path() + "/record";
    CHECK(*remember_directories(record, {"/a", "/b"}) == Paths{"/a", "/b"});
    CHECK(*remember_directories(record, {"/c", "/a"}) == Paths{"/a", "/b", "/c"});
    CHECK(*remember_directories(record, {}) == Paths{"/a", "/b", "/c"});
    CHECK(*sys::read_text_file(record) == "/a\n/b\n/c\n");
}

TEST_CASE("a record of directories that cannot be read or written is an error") {
    const test::TemporaryDirectory directory;
    CHECK_FALSE(remember_directories(directory.path(), {"/a"}));
    CHECK_FALSE(remember_directories(directory.path() + "/none/record", {"/a"}));
}
