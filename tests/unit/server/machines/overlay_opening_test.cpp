#include "server/machines/overlay_opening.h"

#include <sys/stat.h>

#include <cerrno>

#include "tests/unit/server/machines/site.h"

using Catch::Matchers::Contains;
using nbdroot::Bytes;
using namespace nbdroot::test;

namespace {

const Owner kTemporary = owner_of("one");
const Owner kPersistent = owner_of("one", OverlayKind::persistent);

char first_byte(const OpenedOverlay& opened) {
    Bytes byte(1);
    REQUIRE(opened.overlay->read(0, byte));
    return static_cast<char>(byte[0]);
}

void write_first_byte(const OverlayOpening& opening, char value) {
    write_first_bytes(opening, 1, value);
}

std::string reason_of(const OverlayOpening& opening) {
    const auto opened = open_overlay(opening);
    REQUIRE_FALSE(opened);
    CHECK(opened.error().reason.find("/tmp/") == std::string::npos);  // it is for the client
    return opened.error().reason;
}

}  // namespace

TEST_CASE("a kept overlay is begun once and is then what was written, a fresh one is empty") {
    const Site site;
    const auto kept = site.opening(Wish::kept, kPersistent);
    write_first_byte(kept, 'w');
    CHECK(first_byte(*open_overlay(kept)) == 'w');
    CHECK(first_byte(*open_overlay(site.opening(Wish::same, kPersistent))) == 'w');
    CHECK(first_byte(*open_overlay(site.opening(Wish::fresh, kPersistent))) == 'g');
    CHECK(first_byte(*open_overlay(kept)) == 'g');
}

TEST_CASE("a boot that comes back to an overlay that is not there is refused, and none is made") {
    const Site site;
    CHECK_THAT(reason_of(site.opening(Wish::same, kTemporary)), Contains("boot anew"));
    CHECK(site.directory.names().empty());
}

TEST_CASE("a kept overlay goes on with its own image, though there is a newer one") {
    const Site site;
    auto opening = site.opening(Wish::kept, kPersistent);
    write_first_byte(opening, 'w');
    opening.bases.insert(opening.bases.begin(), {"newer", Site::open(site.newer)});
    const auto opened = open_overlay(opening);
    REQUIRE(opened);
    CHECK(opened->base.image_id == "golden");
    opening.wish = Wish::same;
    opening.wanted_image_id = "newer";
    CHECK_THAT(reason_of(opening), Contains("lies on image golden"));
}

TEST_CASE("a kept overlay whose image is gone is refused with the way out, and stays") {
    const Site site;
    auto opening = site.opening(Wish::kept, kPersistent);
    write_first_byte(opening, 'w');
    auto without = opening;
    without.bases = {{"newer", Site::open(site.newer)}};
    CHECK_THAT(reason_of(without), Contains("image golden, which is not here any more") &&
                                       Contains("overlay reset 'debian' 'one'"));
    CHECK(first_byte(*open_overlay(opening)) == 'w');
}

TEST_CASE(
    "what is marked for reset is fresh at the next boot, once, and the same for one that goes on") {
    const Site site;
    const auto kept = site.opening(Wish::kept, kPersistent);
    write_first_byte(kept, 'w');
    REQUIRE(mark_for_reset(kept.stem));
    CHECK(first_byte(*open_overlay(site.opening(Wish::same, kPersistent))) == 'w');
    write_first_byte(kept, 'v');
    CHECK_FALSE(nbdroot::sys::path_exists(reset_path(kept.stem)));
    CHECK(first_byte(*open_overlay(kept)) == 'v');
}

TEST_CASE("a map that is damaged: a temporary overlay is replaced, a persistent one refused") {
    const Site site;
    const auto kept = site.opening(Wish::kept, kPersistent);
    write_first_byte(kept, 'w');
    overwrite(kept.stem + ".map", "rubbish");
    CHECK_THAT(reason_of(kept), Contains("overlay check") && Contains("overlay reset"));
    CHECK(nbdroot::sys::read_text_file(kept.stem + ".map") == std::string("rubbish"));
    REQUIRE(mark_for_reset(kept.stem));
    CHECK(first_byte(*open_overlay(kept)) == 'g');

    const auto fresh = site.opening(Wish::fresh, kTemporary);
    write_first_byte(fresh, 'w');
    overwrite(fresh.stem + ".map", "rubbish");
    CHECK_THAT(reason_of(site.opening(Wish::same, kTemporary)), Contains("at the next boot"));
    CHECK(first_byte(*open_overlay(fresh)) == 'g');
}

TEST_CASE("data without its map: what is empty was being made, anything else is a loss") {
    const Site site;
    const auto kept = site.opening(Wish::kept, kPersistent);
    { REQUIRE(open_overlay(kept)); }
    REQUIRE(::unlink((kept.stem + ".map").c_str()) == 0);
    write_first_byte(kept, 'w');
    REQUIRE(::unlink((kept.stem + ".map").c_str()) == 0);
    CHECK_THAT(reason_of(kept), Contains("map of its overlay is lost"));
    REQUIRE(mark_for_reset(kept.stem));
    CHECK(first_byte(*open_overlay(kept)) == 'g');
}

TEST_CASE("a map without data is refused") {
    const Site site;
    const auto kept = site.opening(Wish::kept, kPersistent);
    write_first_byte(kept, 'w');
    REQUIRE(::unlink((kept.stem + ".data").c_str()) == 0);
    CHECK_THAT(reason_of(kept), Contains("data of its overlay is lost") && Contains("reset"));
}

TEST_CASE("an overlay that says it is another machine's is refused") {
    const Site site;
    const auto kept = site.opening(Wish::kept, kPersistent);
    write_first_byte(kept, 'w');
    auto other = kept;
    other.owner.machine = "two";
    CHECK_THAT(reason_of(other), Contains("machine 'one' of export 'debian'"));
    CHECK(first_byte(*open_overlay(kept)) == 'w');
}

TEST_CASE("an overlay that somebody has open is neither opened nor replaced nor removed") {
    const Site site;
    const auto fresh = site.opening(Wish::fresh, kTemporary);
    const auto held = open_overlay(fresh);
    REQUIRE(held);
    REQUIRE(held->overlay->write(0, Bytes{std::byte{'w'}}));
    for (const Wish wish : {Wish::fresh, Wish::kept, Wish::same}) {
        const auto opened = open_overlay(site.opening(wish, kTemporary));
        REQUIRE_FALSE(opened);
        CHECK(opened.error().code == EBUSY);
    }
    const auto removed = remove_overlay(fresh.stem, OverlayKind::temporary);
    REQUIRE_FALSE(removed);
    CHECK(removed.error().code == EBUSY);
    CHECK(has_files(fresh.stem) == true);
    CHECK(first_byte(*held) == 'w');
}

TEST_CASE("where no file can be made the reason is said, and nothing is left") {
    if (::geteuid() == 0) return;  // may write anywhere
    const Site site;
    REQUIRE(::chmod(site.directory.path().c_str(), 0500) == 0);
    CHECK_THAT(reason_of(site.opening(Wish::kept, kPersistent)), Contains("Permission denied"));
    CHECK(site.directory.names().empty());
}
