#include "server/control/hash_document.h"

#include "tests/support/catch.h"

namespace nbdroot::server::control {
namespace {

using merkle::RootState;

Statistics two_exports() {
    ExportView first{.name = "a", .path = "/srv/a", .size_bytes = 7, .image_id = "i"};
    first.root = {.state = RootState::computing, .done_bytes = 3};
    first.former.push_back({.image_id = "f",
                            .path = "/srv/f",
                            .size_bytes = 5,
                            .root = {.state = RootState::known, .root = "m:1"}});
    ExportView second{.name = "b"};
    second.root.reason = "because";
    ExportView removed{.name = "c", .is_removed = true};
    Statistics statistics;
    statistics.exports = {first, second, removed};
    return statistics;
}

constexpr const char* kFirst =
    R"({"export":"a","former":false,"path":"/srv/a","image_id":"i","size_bytes":7,)"
    R"("state":"computing","merkle_root":"","done_bytes":3,"reason":""},)"
    R"({"export":"a","former":true,"path":"/srv/f","image_id":"f","size_bytes":5,)"
    R"("state":"known","merkle_root":"m:1","done_bytes":0,"reason":""})";
constexpr const char* kSecond =
    R"({"export":"b","former":false,"path":"","image_id":"","size_bytes":0,)"
    R"("state":"none","merkle_root":"","done_bytes":0,"reason":"because"})";

}  // namespace

TEST_CASE("the roots of all images that are served, and of former ones") {
    CHECK(hash_document(two_exports(), std::nullopt) ==
          std::string("{\"images\":[") + kFirst + "," + kSecond + "]}");
}

TEST_CASE("the roots of one export") {
    CHECK(hash_document(two_exports(), "b") == std::string("{\"images\":[") + kSecond + "]}");
}

TEST_CASE("each state of a root has a name") {
    CHECK(name_of(RootState::none) == "none");
    CHECK(name_of(RootState::waiting) == "waiting");
    CHECK(name_of(RootState::failed) == "failed");
}

}  // namespace nbdroot::server::control
