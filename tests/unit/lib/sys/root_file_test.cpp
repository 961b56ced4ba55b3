#include "lib/sys/root_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot::sys;

namespace {

// A root with a file "there", a FIFO, a folder, a link of the root's own and one that would lead
// out of it; it goes away with the test.
class Root {
public:
    Root() {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        REQUIRE(replace_file(path_ + "/there", "text"));
        REQUIRE(::mkfifo((path_ + "/fifo").c_str(), 0600) == 0);
        REQUIRE(::symlink("/there", (path_ + "/link").c_str()) == 0);
        REQUIRE(::symlink("../../../../etc/passwd", (path_ + "/out").c_str()) == 0);
        REQUIRE(make_directories(path_ + "/folder"));
    }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;
    ~Root() {
        for (const char* const name : {"/there", "/fifo", "/link", "/out"}) {
            remove_file(path_ + name);
        }
        ::rmdir((path_ + "/folder").c_str());
        ::rmdir(path_.c_str());
    }

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/nbdroot-test-XXXXXX";
};

int code_of(const nbdroot::Result<std::string>& result) { return result ? 0 : result.error().code; }

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

TEST_CASE("an absolute link of a root is followed inside it, and none leads out") {
    const Root root;
    CHECK(read_text_in_root(root.path(), "/link") == "text");
    CHECK(code_of(read_text_in_root(root.path(), "/out")) == ENOENT);
}

TEST_CASE("what is no file, or too large a one, is not read, and what is no file not covered") {
    const Root root;
    CHECK(code_of(read_text_in_root(root.path(), "/none")) == ENOENT);
    CHECK(code_of(read_text_in_root(root.path(), "/folder")) == EINVAL);
    CHECK_FALSE(read_text_in_root(root.path(), "/there", 3).has_value());
    CHECK_FALSE(cover_in_root("/dev/null", root.path(), "/folder", Cover::writable).has_value());
}

TEST_CASE("a folder of a root is listed in order, a file is not") {
    const Root root;
    CHECK(list_in_root(root.path(), "/") ==
          std::vector<std::string>{"fifo", "folder", "link", "out", "there"});
    CHECK_FALSE(list_in_root(root.path(), "/there").has_value());
}
