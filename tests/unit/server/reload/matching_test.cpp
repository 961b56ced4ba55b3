#include "server/reload/matching.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using nbdroot::cat;
using nbdroot::server::reload::Living;
using nbdroot::server::reload::match;
using nbdroot::server::reload::Match;
using nbdroot::server::reload::overlay_complaint;
using nbdroot::server::reload::Shape;
using nbdroot::server::storage::Access;
using nbdroot::sys::FileStamp;
namespace config = nbdroot::server::config;

namespace {

constexpr FileStamp kFile{.device = 1, .inode = 2, .size_bytes = 1000, .modified_ns = 5};
constexpr FileStamp kReplaced{.device = 1, .inode = 3, .size_bytes = 1000, .modified_ns = 6};

Shape readable(const std::string& name, const FileStamp& file = kFile) {
    return {.name = name, .path = "/srv/a.img", .file = file, .image_id = "id"};
}

Shape writable(const std::string& name, const FileStamp& file = kFile) {
    Shape shape = readable(name, file);
    shape.access = Access::writable;
    return shape;
}

Shape shared(const std::string& name) {
    Shape shape = writable(name);
    shape.shared = true;
    return shape;
}

FileStamp of_size(std::uint64_t bytes) {
    FileStamp stamp = kFile;
    stamp.size_bytes = bytes;
    return stamp;
}

Match only(const Shape& wanted, const Living& living) {
    return match(std::vector{wanted}, std::vector{living}).front();
}

const std::vector<std::string> kUsers{"10.0.0.7:1", "10.0.0.8:1", "10.0.0.9:1", "10.0.0.10:1"};
const Match kNew{};
const Match kKept{.kept = 0};
const Match kAfter{.predecessor = 0};

}  // namespace

TEST_CASE("the same image stays the same export, whatever its name and whoever uses it") {
    const auto users = GENERATE(std::vector<std::string>{}, kUsers);
    CHECK(only(readable("a"), {readable("a"), users}) == kKept);
    CHECK(only(readable("b"), {readable("a"), users}) == kKept);
    CHECK(only(writable("b"), {writable("a"), users}) == kKept);
    CHECK(only(shared("b"), {shared("a"), users}) == kKept);
}

TEST_CASE("an image that was written meanwhile, by us, is the same") {
    FileStamp later = kFile;
    later.modified_ns = 1000;
    CHECK(only(writable("a", later), {writable("a"), kUsers}) == kKept);
    CHECK(only(readable("a", later), {readable("a"), kUsers}) == kNew);
}

TEST_CASE("an image that was replaced is a new export, and its clients keep the old one") {
    CHECK(only(readable("a", kReplaced), {readable("a"), kUsers}) == kNew);
    CHECK(only(writable("a", kReplaced), {writable("a"), kUsers}) == kNew);
}

TEST_CASE("a writable image that nobody uses can have new settings") {
    CHECK(only(shared("a"), {writable("a")}) == kAfter);
    CHECK(only(writable("a"), {shared("a")}) == kAfter);
    CHECK(only(readable("a"), {writable("a")}) == kAfter);
    CHECK(only(writable("a"), {readable("a")}) == kNew);  // nothing was claimed
    CHECK(only(writable("a", of_size(2000)), {writable("a")}) == kAfter);
}

TEST_CASE("what cannot change under clients is a complaint that names them") {
    CHECK(only(shared("a"), {writable("a"), kUsers}).complaint ==
          "export 'a': /srv/a.img is written by 10.0.0.7:1, 10.0.0.8:1, 10.0.0.9:1 and 1 more; its "
          "shared can change when they have left (nbd-rootserverctl drain a)");
    CHECK(only(readable("a"), {writable("a"), {"x"}}).complaint ==
          "export 'a': /srv/a.img is written by x; its readonly can change when they have left "
          "(nbd-rootserverctl drain a)");
    CHECK(only(writable("a"), {readable("a"), {"x"}}).complaint ==
          "export 'a': /srv/a.img is read by x; its readonly can change when they have left "
          "(nbd-rootserverctl drain a)");
    Shape another_id = writable("a");
    another_id.image_id = "another";
    CHECK(only(another_id, {writable("a"), {"x"}}).complaint ==
          "export 'a': /srv/a.img is written by x; its image-id can change when they have left "
          "(nbd-rootserverctl drain a)");
    CHECK_FALSE(only(shared("b"), {writable("a"), {"x"}}).complaint.empty());
}

TEST_CASE("a pattern does not change how its images are used under their clients") {
    const std::vector living{Living{writable("a"), {"x"}}, Living{readable("b"), {"y"}}};
    CHECK(pattern_complaint(readable("a"), living) ==
          "export 'a': /srv/a.img is written by x; its readonly can change when they have left "
          "(nbd-rootserverctl drain a)");
    CHECK(pattern_complaint(shared("a"), living) ==
          "export 'a': /srv/a.img is written by x; its shared can change when they have left "
          "(nbd-rootserverctl drain a)");
    CHECK(pattern_complaint(writable("b"), living) ==
          "export 'b': /srv/a.img is read by y; its readonly can change when they have left "
          "(nbd-rootserverctl drain b)");
    CHECK(pattern_complaint(writable("a"), living).empty());
    CHECK(pattern_complaint(readable("c"), living).empty());
    CHECK(pattern_complaint(readable("a"), std::vector{Living{writable("a"), {}}}).empty());
}

TEST_CASE("an image that has grown or moved under its writer stays one export") {
    CHECK(only(writable("a", of_size(2000)), {writable("a"), {"x"}}) == kKept);
    Shape moved = writable("a");
    moved.path = "/srv/b.img";
    CHECK(only(moved, {writable("a"), {"x"}}) == kKept);
}

TEST_CASE("another name may read what one writes, as at start") {
    const std::vector living{Living{writable("a"), {"x"}}};
    CHECK(match(std::vector{writable("a"), readable("look")}, living) == std::vector{kKept, kNew});
}

TEST_CASE("two exports of one image each keep their own") {
    const std::vector living{Living{readable("a"), {}}, Living{readable("b"), {}}};
    CHECK(match(std::vector{readable("b"), readable("c")}, living) ==
          std::vector{Match{.kept = 1}, Match{.kept = 0}});
    CHECK(match(std::vector{readable("a"), readable("b"), readable("c")}, living) ==
          std::vector{Match{.kept = 0}, Match{.kept = 1}, kNew});
}

TEST_CASE("an image under overlays is not written, whatever the names") {
    const auto name = GENERATE("a", "w");
    const std::string said = cat("export '", name, "': ");
    const std::vector plain{readable("a"), writable("w")};
    CHECK(only(writable(name), {readable("a"), {"x"}, true}).complaint ==
          cat(said,
              "/srv/a.img is read by x; its readonly can change when they have left "
              "(nbd-rootserverctl drain a)"));
    CHECK(only(writable(name), {readable("a"), {}, true}).complaint ==
          cat(said,
              "overlays lie on /srv/a.img, or cannot be read, and would be worth nothing; it can "
              "be written when they have been dropped (nbd-rootserverctl overlay list, overlay "
              "drop)"));
    CHECK_FALSE(match(plain, std::vector{Living{readable("a"), {"x"}, true}})[1].complaint.empty());
    CHECK(match(plain, std::vector{Living{readable("a"), {"x"}}})[1].complaint.empty());
    CHECK(only(readable(name), {readable("a"), {"x"}, true}) == kKept);
}

TEST_CASE("overlays do not lie on an image that others still write, whatever the names") {
    Shape over = readable("b");
    over.has_overlays = true;
    CHECK(only(over, {writable("a"), {"x"}}).complaint ==
          "export 'b': /srv/a.img is written by x; overlays can lie on it when they have left "
          "(nbd-rootserverctl drain a)");
    CHECK(only(over, {writable("a")}).complaint.empty());
    const std::vector living{Living{readable("b"), {}}, Living{writable("a"), {"x"}}};
    CHECK_FALSE(match(std::vector{over}, living)[0].complaint.empty());
}

TEST_CASE("overlays stay what they are under machines that are connected") {
    const config::OverlayConfig now{.kind = config::OverlayKind::temporary, .directory = "/o"};
    config::OverlayConfig wanted = now;
    wanted.maximum_overlays = 1;
    CHECK(overlay_complaint("a", now, wanted, kUsers).empty());
    wanted.directory = "/p";
    CHECK(overlay_complaint("a", now, wanted, {"x"}) ==
          "export 'a': x writes to an overlay; its overlay-directory can change when they have "
          "left (nbd-rootserverctl drain a)");
    wanted.identity = config::MachineIdentity::address;
    CHECK(overlay_complaint("a", now, wanted, {"x", "y"}) ==
          "export 'a': x, y write to overlays; its identity can change when they have left "
          "(nbd-rootserverctl drain a)");
    wanted.kind = config::OverlayKind::none;
    CHECK(overlay_complaint("a", now, wanted, {"x"}).find("its overlay can") != std::string::npos);
    CHECK(overlay_complaint("a", now, wanted, {}).empty());
}
