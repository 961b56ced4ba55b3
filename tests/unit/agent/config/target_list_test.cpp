#include "agent/config/target.h"
#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/support/part_of.h"

using namespace nbdroot::agent::config;
using nbdroot::test::holds;

namespace {

// "host:port/export host:port/export"; "dhcp"; or the reason after "refused: ".
std::string summary(std::string_view text) {
    const auto list = parse_target_list(text);
    if (!list) return "refused: " + list.error().reason;
    std::string out;
    for (const Target& target : list->targets) {
        if (!out.empty()) out += ' ';
        out += target.kind == Target::Kind::dhcp
                   ? "dhcp"
                   : nbdroot::cat(target.host, ':', target.port, '/', target.export_name);
    }
    return out;
}

}  // namespace

TEST_CASE("commas separate targets") {
    struct Row {
        std::string_view text;
        std::string_view targets;
    };
    const std::vector<Row> rows = {
        {"a", "a:10809/"},
        {"a,b:1", "a:10809/ b:1/"},
        {"a:1,b:2,c:3/x", "a:1/ b:2/ c:3/x"},
        {"10.0.0.1/x,10.0.0.2/x", "10.0.0.1:10809/x 10.0.0.2:10809/x"},
        {"a:1,dhcp", "a:1/ dhcp"},
        {"dhcp,a:1", "dhcp a:1/"},
        {"a,[::1]", "a:10809/ ::1:10809/"},
        {"nbd://a,nbd://b/x", "a:10809/ b:10809/x"},
        {"nbd://a/x%2Cy,b/z", "a:10809/x,y b:10809/z"},
        {"a,nbd://b/nbd0", "a:10809/ b:10809/nbd0"},
        {"a/,b/nbd1", "a:10809/ b:10809/nbd1"},
        {"a,b:/c", "a:10809/ b:10809//c"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(summary(row.text) == row.targets);
    }
}

TEST_CASE("a comma that cannot be meant is refused") {
    struct Row {
        std::string_view text;
        std::string_view reason;
    };
    const std::vector<Row> rows = {
        {"10.0.0.1,root", "'root' behind a comma is no target"},
        {"10.0.0.1,2000", "'2000' behind a comma is no target"},
        {"a/x,y", "a comma inside one %2C"},
        {"a,", "a target between commas is empty"},
        {",a:1", "a target between commas is empty"},
        {"a:1,,b:1", "a target between commas is empty"},
        {"10.0.0.1,nbd0", "HOST,NAME,nbdN, and here are 2"},
        {"10.0.0.1,2000,root,nbd0", "HOST,NAME,nbdN, and here are 4"},
        {"dhcp,root,nbd0", "the server cannot come from DHCP"},
        {",root,nbd0", "the server cannot come from DHCP"},
        {"nbd://a/x,y,nbd0", "a comma inside an export is %2C"},
        {"a:1,nbd:b:raw", "dracut's form stands alone"},
        {"a:1,b:0", "target 'b:0': port '0'"},
        {"a:0,b:1", "target 'a:0': port '0'"},
        {"a,ro%,nbd0", "'%' in the export"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK_THAT(summary(row.text), holds(row.reason));
    }
}

TEST_CASE("Debian's third field is the device, a numeric second one is still the export") {
    const auto list = parse_target_list("10.0.0.1,2000,nbd3");
    REQUIRE(list.has_value());
    CHECK(list->device == "nbd3");
    REQUIRE(list->notes.size() == 1);
    CHECK_THAT(list->notes[0], holds("'2000' in HOST,NAME,nbdN is the export"));
    CHECK(parse_target_list("10.0.0.1,root,nbd3")->notes.empty());
}

TEST_CASE("dracut's string gives file system and mount options, nbd-client's are named") {
    const auto list = parse_target_list("nbd:srv:raw:ext4:ro,errors=panic,noatime:bs=4096,-N,x");
    REQUIRE(list.has_value());
    CHECK(summary("nbd:srv:raw:ext4:ro,errors=panic,noatime:bs=4096,-N,x") == "srv:10809/x");
    CHECK(list->file_system == "ext4");
    CHECK(list->flags == "errors=panic,noatime");
    CHECK(list->read_only == true);
    CHECK(list->notes == std::vector<std::string>{"nbd-client's option 'bs=4096' has no effect"});
    CHECK(parse_target_list("nbd:srv:raw:auto:rw")->file_system.empty());
    CHECK(parse_target_list("nbd:srv:raw:auto:rw")->read_only == false);
    CHECK_FALSE(parse_target_list("nbd:srv:raw")->read_only.has_value());
}

TEST_CASE("dracut's second field is port or name, never both, and that is said") {
    const auto list = parse_target_list("nbd:srv:2000/raw");
    REQUIRE(list.has_value());
    CHECK(list->targets[0].port == 10809);
    CHECK(list->targets[0].export_name == "2000/raw");
    REQUIRE(list->notes.size() == 1);
    CHECK_THAT(list->notes[0], holds("nbdroot=HOST:PORT/EXPORT"));
}
