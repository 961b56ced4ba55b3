#include "agent/root/overlay_fstab.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::root;

namespace {

// Both trees below one folder, each with the same fstab.
class Trees {
public:
    explicit Trees(std::string_view fstab) {
        REQUIRE(::mkdtemp(folder_.data()) != nullptr);
        for (const std::string& tree : {trees().merged, trees().lower}) {
            REQUIRE(sys::make_directories(tree + "/etc"));
            REQUIRE(sys::replace_file(tree + "/etc/fstab", fstab, 0600));
        }
    }
    ~Trees() {
        for (const std::string& tree : {trees().merged, trees().lower}) {
            ::unlink((tree + "/etc/fstab").c_str());
            ::rmdir((tree + "/etc").c_str());
            ::rmdir(tree.c_str());
        }
        ::rmdir(folder_.c_str());
    }
    Trees(const Trees&) = delete;
    Trees& operator=(const Trees&) = delete;

    [[nodiscard]] OverlayTrees trees() const {
        return {.merged = folder_ + "/merged", .lower = folder_ + "/lower"};
    }
    [[nodiscard]] std::string fstab() const { return trees().merged + "/etc/fstab"; }

private:
    std::string folder_ = "/tmp/nbdroot-fstab-XXXXXX";
};

mode_t mode_of(const std::string& path) {
    struct stat info {};
    REQUIRE(::lstat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("an edited fstab keeps its mode") {
    const Trees trees("UUID=1 / ext4 ro 0 1\n");
    REQUIRE(::chmod((trees.trees().lower + "/etc/fstab").c_str(), 0640) == 0);
    REQUIRE(edit_fstab(trees.trees(), "/dev/nonexistent").has_value());
    CHECK(sys::read_text_file(trees.fstab()) == "overlay / overlay rw 0 0\n");
    CHECK(mode_of(trees.fstab()) == 0640);
}

TEST_CASE("swap goes from an fstab by the device's own name where it cannot be read") {
    const Trees trees("/dev/nonexistent none swap sw 0 0\n");
    REQUIRE(edit_fstab(trees.trees(), "/dev/nonexistent").has_value());
    CHECK(sys::read_text_file(trees.fstab()) ==
          "# not under an overlay: /dev/nonexistent none swap sw 0 0\n");
}

TEST_CASE("an fstab that is a link is not followed out of the root, and that is said") {
    const Trees trees("UUID=1 / ext4 ro 0 1\n");
    REQUIRE(::unlink(trees.fstab().c_str()) == 0);
    REQUIRE(::symlink("/static/fstab", trees.fstab().c_str()) == 0);
    const auto edited = edit_fstab(trees.trees(), "/dev/nonexistent");
    REQUIRE_FALSE(edited.has_value());
    CHECK(edited.error().message().find("it is a link to /static/fstab") != std::string::npos);
}

TEST_CASE("a root without an fstab has nothing to edit") {
    const Trees trees("");
    REQUIRE(::unlink(trees.fstab().c_str()) == 0);
    CHECK(edit_fstab(trees.trees(), "/dev/nonexistent").has_value());
}
