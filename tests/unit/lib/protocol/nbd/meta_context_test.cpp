#include "lib/protocol/nbd/meta_context.h"

#include <string>

#include "lib/protocol/nbd/constants.h"
#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::context_query;
using test::hex;

ContextQuery parsed(const Bytes& data) {
    const auto query = parse_context_query(data);
    REQUIRE(query);
    return *query;
}

std::string refusal(const Bytes& data) {
    const auto query = parse_context_query(data);
    REQUIRE_FALSE(query);
    return query.error().reason;
}

TEST_CASE("the golden bytes of a query for base:allocation") {
    CHECK(parsed(hex("00000002 6162 00000001 0000000f 626173653a616c6c6f636174696f6e")) ==
          ContextQuery{.export_name = "ab", .queries = 1, .names_allocation = true});
}

TEST_CASE("what is listed and what is selected, by query") {
    struct Row {
        Bytes data;
        bool lists, selects;
    };
    const auto row = GENERATE(
        Row{context_query("", {}), true, false},  //
        Row{context_query("", {"base:allocation"}), true, true},
        Row{context_query("", {"base:"}), true, false}, Row{context_query("", {""}), true, false},
        Row{context_query("", {"base:allocatio"}), false, false},
        Row{context_query("", {"base:allocation2"}), false, false},
        Row{context_query("", {"BASE:allocation"}), false, false},
        Row{context_query("", {"qemu:dirty-bitmap:b", "x-own:thing", ":"}), false, false},
        Row{context_query("", {"qemu:", "base:allocation", "base:allocation"}), true, true});
    const ContextQuery query = parsed(row.data);
    CHECK(query.lists_allocation() == row.lists);
    CHECK(query.selects_allocation() == row.selects);
}

TEST_CASE("a metadata query whose lengths disagree is refused") {
    CHECK(refusal({}) == "no room for the length of a string");
    CHECK(refusal(hex("00000003 6162")) == "a string is longer than the option");
    CHECK(refusal(hex("ffffffff 6162")) == "a string is longer than the option");
    CHECK(refusal(hex("00000002 6162")) == "no room for the number of queries");
    CHECK(refusal(hex("00000000 00000001")) == "no room for the length of a string");
    CHECK(refusal(hex("00000000 ffffffff 00000000")) == "no room for the length of a string");
    CHECK(refusal(hex("00000000 00000001 00000005 6261")) == "a string is longer than the option");
    CHECK(refusal(hex("00000000 00000000 00")) == "bytes behind the last query");
}

TEST_CASE("strings that proto.md forbids are refused in a metadata query") {
    const std::string longest(kMaximumString, ':');
    CHECK(parsed(context_query(longest, {longest})).queries == 1);
    const std::string reason = "a string is too long or contains a NUL byte";
    CHECK(refusal(context_query(longest + ":", {})) == reason);
    CHECK(refusal(context_query("", {longest + ":"})) == reason);
    CHECK(refusal(context_query(std::string("a\0b", 3), {})) == reason);
    CHECK(refusal(context_query("", {std::string_view("base:\0", 6)})) == reason);
}

TEST_CASE("a query without a namespace is refused") {
    CHECK(refusal(context_query("", {"base:allocation", "allocation"})) ==
          "a query without a namespace, such as base:");
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
