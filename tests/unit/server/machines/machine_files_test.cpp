#include "server/machines/machine_files.h"

#include <set>

#include "server/export/boot_tokens.h"
#include "tests/unit/server/machines/site.h"

using Catch::Matchers::Contains;
using nbdroot::server::export_::BootTokens;
using namespace nbdroot::test;

namespace {

std::string make(const Site& site, const Owner& owner, std::size_t written = 0) {
    const auto opening = site.opening(Wish::fresh, owner);
    write_first_bytes(opening, written);
    return opening.stem;
}

}  // namespace

TEST_CASE("who differs in anything has other files, and no name appears in theirs") {
    const std::vector<Owner> owners{
        owner_of("one"),
        owner_of("two"),
        owner_of("one", OverlayKind::persistent),
        {.export_name = "debian/one", .machine = ""},
        {.export_name = "debia", .machine = "none"},
        {.export_name = "debian", .boot_token = "one"},
        owner_of("../../etc/passwd"),
    };
    std::set<std::string> stems;
    for (const Owner& one : owners) {
        const std::string stem = stem_of("/d", one);
        stems.insert(stem);
        CHECK(stem.rfind('/') == 2);
        CHECK(stem.size() - stem.rfind('-') == 33);
        CHECK(stem.find("one") == std::string::npos);
    }
    CHECK(stems.size() == owners.size());
}

TEST_CASE("what there is is found, with whose it is and what it takes") {
    const Site site;
    const std::string one = make(site, owner_of("one"), 5000);
    const std::string two = make(site, owner_of("two", OverlayKind::persistent));
    REQUIRE(mark_for_reset(two));
    BootTokens tokens;
    tokens.take_over("token");
    overwrite(boots_path(one), tokens.to_text());
    const auto found = find_overlays(site.directory.path());
    REQUIRE(found);
    CHECK(found->faults.empty());
    REQUIRE(found->overlays.size() == 2);
    const auto& first = found->overlays[1];  // "persistent-" comes first
    CHECK(first.stem == one);
    CHECK(first.owner.text() == "debian/one");
    CHECK(first.image_id == "golden");
    CHECK(first.used_bytes == 8192);
    CHECK(first.boot_token == "token");
    CHECK_FALSE(first.reset_pending);
    CHECK(found->overlays[0].reset_pending);
    CHECK(found->overlays[0].owner.kind == OverlayKind::persistent);
}

TEST_CASE("a damaged map, or one that lies elsewhere, is a line each, and the others are found") {
    const Site site;
    make(site, owner_of("one"));
    const std::string two = make(site, owner_of("two"));
    overwrite(two + ".map", "rubbish");
    const std::string three = make(site, owner_of("three"));
    const std::string elsewhere = stem_of(site.directory.path(), owner_of("four"));
    REQUIRE(::rename((three + ".map").c_str(), (elsewhere + ".map").c_str()) == 0);
    const auto found = find_overlays(site.directory.path());
    REQUIRE(found);
    CHECK(found->overlays.size() == 1);
    REQUIRE(found->faults.size() == 2);
    const std::string all = found->faults[0] + found->faults[1];
    CHECK_THAT(all, Contains(two + ".map") && Contains("debian/three"));
}

TEST_CASE("what a creation left that was cut short goes, what may be a loss stays") {
    const Site site;
    const std::string temporary = make(site, owner_of("one"), 1);
    const std::string persistent = make(site, owner_of("one", OverlayKind::persistent), 1);
    for (const std::string& stem : {temporary, persistent}) {
        REQUIRE(::unlink((stem + ".map").c_str()) == 0);
    }
    overwrite(site.directory.path() + "/notes.data", "the operator's own");
    REQUIRE(find_overlays(site.directory.path()));
    CHECK(site.directory.names().size() == 2);
    CHECK(nbdroot::sys::path_exists(persistent + ".data"));
}

TEST_CASE("a directory that cannot be read is an error") {
    CHECK_FALSE(find_overlays("/tmp/nbdroot-there-is-none"));
}

TEST_CASE("what is removed is gone, and removing it once more is no error") {
    const Site site;
    const std::string stem = make(site, owner_of("one"), 1);
    overwrite(boots_path(stem), "");
    const auto aside = remove_overlay(stem, OverlayKind::temporary);
    REQUIRE(aside);
    CHECK(site.directory.path() + "/" + site.directory.names().at(0) == *aside);
    CHECK(site.directory.names().size() == 1);
    CHECK(remove_overlay(stem, OverlayKind::temporary) == std::string());
}

TEST_CASE("who was displaced from a persistent overlay stays so when that is removed") {
    const Site site;
    const std::string stem = make(site, owner_of("one", OverlayKind::persistent), 1);
    overwrite(boots_path(stem), "");
    REQUIRE(remove_overlay(stem, OverlayKind::persistent));
    CHECK(site.directory.names().size() == 2);  // and what is aside
    CHECK(nbdroot::sys::path_exists(boots_path(stem)));
}

TEST_CASE("files that cannot be looked at are not taken for gone") {
    const TemporaryFile file;
    CHECK_FALSE(has_files(file.path() + "/temporary-1"));
    CHECK(has_files(file.path()) == false);
}
