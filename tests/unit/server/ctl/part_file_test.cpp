#include "server/ctl/part_file.h"

#include <unistd.h>

#include <cstdlib>

#include "lib/sys/file.h"
#include "tests/support/catch.h"

using nbdroot::base::as_bytes;
using nbdroot::server::ctl::PartFile;
namespace sys = nbdroot::sys;

namespace {

struct Folder {
    std::string path = "/tmp/nbdroot-part-XXXXXX";

    Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() {
        for (const char* const name : {"/new", "/new.part"}) sys::remove_file(path + name);
        ::rmdir(path.c_str());
    }
    [[nodiscard]] std::string made() const { return path + "/new"; }
    [[nodiscard]] std::string part() const { return path + "/new.part"; }
};

}  // namespace

TEST_CASE("a file that is made has its name when it is whole") {
    const Folder folder;
    auto file = PartFile::create(folder.made());
    REQUIRE(file);
    REQUIRE(file->resize(5));
    REQUIRE(file->write(2, as_bytes("ab")));
    CHECK_FALSE(sys::path_exists(folder.made()));
    REQUIRE(file->finish());
    CHECK_FALSE(sys::path_exists(folder.part()));
    CHECK(*sys::read_text_file(folder.made()) == std::string("\0\0ab\0", 5));
}

TEST_CASE("a file that is not finished leaves nothing") {
    const Folder folder;
    {
        const auto file = PartFile::create(folder.made());
        REQUIRE(file);
        REQUIRE(file->write(0, as_bytes("half")));
        CHECK(sys::path_exists(folder.part()));
    }
    CHECK_FALSE(sys::path_exists(folder.part()));
    CHECK_FALSE(sys::path_exists(folder.made()));
}

TEST_CASE("a file that is there is not overwritten, whenever it came") {
    const Folder folder;
    REQUIRE(sys::replace_file(folder.made(), "mine"));
    const auto refused = PartFile::create(folder.made());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason == "it is there already, and nothing is overwritten");
    sys::remove_file(folder.made());
    {
        auto file = PartFile::create(folder.made());
        REQUIRE(file);
        REQUIRE(sys::replace_file(folder.made(), "meanwhile"));
        const auto finished = file->finish();
        REQUIRE_FALSE(finished);
        CHECK(finished.error().reason == "it is there already, and nothing is overwritten");
    }
    CHECK(*sys::read_text_file(folder.made()) == "meanwhile");
    CHECK_FALSE(sys::path_exists(folder.part()));
}

TEST_CASE("the part of another copy is neither used nor removed") {
    const Folder folder;
    REQUIRE(sys::replace_file(folder.part(), "another's"));
    const auto refused = PartFile::create(folder.made());
    REQUIRE_FALSE(refused);
    CHECK(refused.error().reason.find("another copy is writing it, or was killed") !=
          std::string::npos);
    CHECK(*sys::read_text_file(folder.part()) == "another's");
}

TEST_CASE("a file cannot be made where there is no directory") {
    const auto refused = PartFile::create("/nowhere/at/all");
    REQUIRE_FALSE(refused);
    CHECK(refused.error().message() == "open /nowhere/at/all.part: No such file or directory");
}
