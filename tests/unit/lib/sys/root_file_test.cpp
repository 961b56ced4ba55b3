#include "lib/sys/root_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot::sys;

namespace {

// A root with a file "there", a FIFO and a link of the root's own; it goes away with the test.
class Root {
public:
    Root() {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        REQUIRE(replace_file(path_ + "/there", "text"));
        REQUIRE(::mkfifo((path_ + "/fifo").c_str(), 0600) == 0);
        REQUIRE(::symlink("/there", (path_ + "/link").c_str()) == 0);
    }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;
    ~Root() {
        for (const char* const name : {"/there", "/fifo", "/link"}) remove_file(path_ + name);
        ::rmdir(path_.c_str());
    }

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/nbdroot-test-XXXXXX";
};

}  // namespace

TEST_CASE("a file of a root is found, by a link inside it too, and a missing one is not") {
    const Root root;
    CHECK(has_file_in_root(root.path(), "/there") == true);
    CHECK(has_file_in_root(root.path(), "/link") == true);
    CHECK(has_file_in_root(root.path(), "/none") == false);
    CHECK(has_file_in_root(root.path(), "/none/there") == false);
}

TEST_CASE("a FIFO in the place of a file is refused and not waited for") {
    const Root root;
    for (const char* const path : {"/fifo", "/"}) {
        CAPTURE(path);
        const auto has = has_file_in_root(root.path(), path);
        REQUIRE_FALSE(has);
        CHECK(has.error().code == EINVAL);
    }
}
