#include "lib/sys/root_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot;

namespace {

class Root {
public:
    Root() {
        REQUIRE(::mkdtemp(path_.data()) != nullptr);
        REQUIRE(sys::make_directories(path_ + "/etc/network"));
        REQUIRE(sys::replace_file(path_ + "/etc/real", "inside\n"));
        REQUIRE(::symlink("/etc/real", (path_ + "/etc/link").c_str()) == 0);
        REQUIRE(::symlink("../../../../etc/passwd", (path_ + "/etc/out").c_str()) == 0);
    }
    ~Root() {
        for (const char* const name : {"/etc/real", "/etc/link", "/etc/out"}) {
            ::unlink((path_ + name).c_str());
        }
        for (const char* const name : {"/etc/network", "/etc", ""}) ::rmdir((path_ + name).c_str());
    }
    Root(const Root&) = delete;
    Root& operator=(const Root&) = delete;

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_ = "/tmp/nbdroot-root-XXXXXX";
};

int code_of(const Result<std::string>& result) { return result ? 0 : result.error().code; }

}  // namespace

TEST_CASE("an absolute link of a foreign root is followed inside it") {
    const Root root;
    CHECK(sys::read_text_in_root(root.path(), "/etc/link") == "inside\n");
}

TEST_CASE("a link cannot lead out of a foreign root") {
    const Root root;
    CHECK(code_of(sys::read_text_in_root(root.path(), "/etc/out")) == ENOENT);
}

TEST_CASE("a file of a foreign root that is none, or none that can be read as text, is an Error") {
    const Root root;
    CHECK(code_of(sys::read_text_in_root(root.path(), "/etc/none")) == ENOENT);
    CHECK(code_of(sys::read_text_in_root(root.path(), "/etc/network")) == EINVAL);
    CHECK_FALSE(sys::read_text_in_root(root.path(), "/etc/real", 3).has_value());
    CHECK_FALSE(sys::cover_in_root("/dev/null", root.path(), "/etc/network", sys::Cover::writable)
                    .has_value());
}

TEST_CASE("a folder of a foreign root is listed in order") {
    const Root root;
    CHECK(sys::list_in_root(root.path(), "/etc") ==
          std::vector<std::string>{"link", "network", "out", "real"});
    CHECK_FALSE(sys::list_in_root(root.path(), "/etc/real").has_value());
}
