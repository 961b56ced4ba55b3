#include "server/ctl/overlay_place.h"

#include "tests/support/catch.h"

using nbdroot::JsonValue;
using nbdroot::base::parse_json;
using nbdroot::server::ctl::CopySource;
using nbdroot::server::ctl::find_place;
using nbdroot::server::ctl::OverlayJob;

namespace {

constexpr const char* kList = R"({"overlays":[
    {"machine":"one","path":"/o/11","image_path":"/srv/a.img",
     "image_id":"0123456789abcdef0123456789abcdef"},
    {"machine":"two","path":"/o/22","image_path":"/srv/a.img","image_id":"summer"},
    {"machine":"up","path":"/o/33","image_path":"/srv/a.img","connected":true,"peer":"10.0.0.7:9"},
    {"machine":"","path":"/o/44","image_path":"/srv/a.img","image_id":"summer"},
    {"machine":"lost","path":"/o/55","image_path":"","image_id":"summer"}]})";

nbdroot::Result<CopySource> place_of(const std::string& machine, const char* list = kList) {
    const auto json = parse_json(list);
    REQUIRE(json);
    return find_place(*json, {.export_name = "a", .machine = machine});
}

}  // namespace

TEST_CASE("where a machine's overlay and its image are") {
    const auto one = place_of("one");
    REQUIRE(one);
    CHECK(one->overlay == "/o/11");
    CHECK(one->image == "/srv/a.img");
    CHECK(one->image_id.empty());  // it says what the image is like: that can be looked at
    CHECK(place_of("two")->image_id == "summer");
    CHECK(place_of("44")->overlay == "/o/44");
}

TEST_CASE("an overlay that is not there, in use, or without its image is not copied") {
    const auto [machine, expected] = GENERATE(table<std::string, std::string>({
        {"three",
         "find overlay: export 'a' has none of a machine 'three'; overlay list shows what "
         "there is"},
        {"", "find overlay: export 'a' has none of a machine ''; overlay list shows what there is"},
        {"11",
         "find overlay: export 'a' has none of a machine '11'; overlay list shows what there "
         "is"},
        {"up",
         "find overlay: machine 'up' is connected (10.0.0.7:9) and may write: shut it down "
         "first"},
        {"lost",
         "find overlay: the server does not say where the files are that machine 'lost' "
         "has written over: name them with --overlay and --image"},
    }));
    const auto place = place_of(machine);
    REQUIRE_FALSE(place);
    CHECK(place.error().message() == expected);
}

TEST_CASE("a server that refuses to list overlays is believed, its words made printable") {
    CHECK(place_of("one", R"({"error":"no \u001b[2J"})").error().reason == "no \\x1b[2J");
    CHECK_FALSE(place_of("one", "[]"));
    CHECK_FALSE(place_of("one", R"({"overlays":7})"));
}
