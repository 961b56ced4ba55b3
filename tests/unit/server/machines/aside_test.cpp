#include "server/machines/aside.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "lib/sys/disk.h"
#include "tests/unit/server/machines/site.h"

using namespace nbdroot::test;
using nbdroot::server::machines::delete_aside;
using nbdroot::server::machines::is_aside;
using nbdroot::server::machines::kMaximumAside;
using nbdroot::server::machines::put_aside;

namespace {

struct Aside {
    Site site;
    std::string stem = stem_of(site.directory.path(), owner_of("one"));
    std::atomic<bool> stops = false;

    [[nodiscard]] std::string put(std::string_view contents) const {
        overwrite(stem + ".data", contents);
        const auto path = put_aside(stem);
        REQUIRE(path);
        return *path;
    }
};

std::int64_t blocks_of(const std::string& path) {
    struct stat status {};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    return status.st_blocks;
}

}  // namespace

TEST_CASE("what is put aside has a name that nobody takes for an overlay's") {
    const Aside aside;
    const std::string path = aside.put("data");
    CHECK(nbdroot::sys::read_text_file(path) == std::string("data"));
    CHECK(is_aside(path.substr(path.rfind('/') + 1)));
    CHECK_FALSE(is_aside("temporary-1.data"));
    CHECK_FALSE(is_aside("notes.gone.1"));
    CHECK(has_files(aside.stem) == false);
    const auto found = find_overlays(aside.site.directory.path());
    REQUIRE(found);
    CHECK(found->overlays.empty());
    CHECK(found->aside == std::vector<std::string>{path});
}

TEST_CASE("no more than a machine's share is put aside, and then all is as it was") {
    const Aside aside;
    for (unsigned i = 0; i < kMaximumAside; ++i) (void)aside.put("older");
    overwrite(aside.stem + ".data", "newest");
    CHECK(put_aside(aside.stem).error().code == EAGAIN);
    CHECK(nbdroot::sys::read_text_file(aside.stem + ".data") == std::string("newest"));
    CHECK(aside.site.directory.names().size() == kMaximumAside + 1);
}

TEST_CASE("what is put aside is deleted, but not any more once that has to end") {
    Aside aside;
    const std::string path = aside.put(std::string(3 << 20, 'w'));
    const auto blocks = blocks_of(path);
    REQUIRE(blocks > 0);
    aside.stops = true;
    CHECK(delete_aside(path, aside.stops));
    CHECK(blocks_of(path) == blocks);
    aside.stops = false;
    CHECK(delete_aside(path, aside.stops));
    CHECK(aside.site.directory.names().empty());
    CHECK(delete_aside(path, aside.stops));
}

TEST_CASE("what somebody has open is not deleted under him") {
    const Aside aside;
    const std::string path = aside.put("data");
    const auto held = nbdroot::sys::open_file(path, O_RDWR);
    REQUIRE(held);
    REQUIRE(nbdroot::sys::lock_disk_for_writing(held->get(), path) == true);
    CHECK(delete_aside(path, aside.stops).error().code == EBUSY);
    CHECK(nbdroot::sys::path_exists(path));
}

TEST_CASE("a crash while an overlay is put aside leaves nothing that is taken for one") {
    const Site site;
    const auto kind = GENERATE(OverlayKind::temporary, OverlayKind::persistent);
    const auto opening = site.opening(Wish::fresh, owner_of("one", kind));
    write_first_bytes(opening, 1);
    REQUIRE(put_aside(opening.stem));
    auto same = opening;
    same.wish = Wish::same;
    CHECK_FALSE(open_overlay(same));
    write_first_bytes(opening, 0);
    const auto fresh = open_overlay(same);
    REQUIRE(fresh);
    nbdroot::Bytes byte(1);
    REQUIRE(fresh->overlay->read(0, byte));
    CHECK(byte[0] == std::byte{'g'});
}
