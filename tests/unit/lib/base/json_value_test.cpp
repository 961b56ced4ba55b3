#include "lib/base/json_value.h"

#include "lib/base/json.h"
#include "tests/support/catch.h"

using nbdroot::JsonValue;
using nbdroot::base::parse_json;
using Kind = JsonValue::Kind;

namespace {

std::string reason_of(std::string_view text) {
    const auto value = parse_json(text);
    return value ? "taken" : value.error().reason;
}

}  // namespace

TEST_CASE("each kind of JSON value is read") {
    const auto value =
        parse_json(R"( {"a":[1,-2,0], "b":{"c":"x"},"d":true,"e":false,"f":null,"a":7} )");
    REQUIRE(value);
    CHECK(value->kind() == Kind::object);
    CHECK(value->names().size() == 6);
    REQUIRE((*value)["a"].items().size() == 3);
    CHECK((*value)["a"].items()[1].number() == -2);
    CHECK((*value)["b"]["c"].text() == "x");
    CHECK((*value)["d"].truth());
    CHECK_FALSE((*value)["e"].truth());
    CHECK((*value)["f"].is_null());
    CHECK((*value)["nothing"]["below"].is_null());
    CHECK(parse_json("[]")->kind() == Kind::array);
    CHECK(parse_json("{}")->kind() == Kind::object);
    CHECK(parse_json("-9223372036854775808")->number() == INT64_MIN);
}

TEST_CASE("escapes of JSON strings") {
    const auto [json, text] = GENERATE(table<const char*, const char*>({
        {R"("a\"\\\/\b\f\n\r\tz")", "a\"\\/\b\f\n\r\tz"},
        {R"("\u0041\u00e9\u20ac")", "A\xc3\xa9\xe2\x82\xac"},
        {R"("\ud83d\ude00")", "\xf0\x9f\x98\x80"},
        {R"("\ud83dx")", "\xef\xbf\xbdx"},
        {R"("\ud83d\u0058")", "\xef\xbf\xbdX"},
        {R"("\ude00")", "\xef\xbf\xbd"},
    }));
    CHECK(parse_json(json)->text() == text);
}

TEST_CASE("what is not JSON of ours is refused with the place") {
    const auto [text, reason] = GENERATE(table<const char*, const char*>({
        {"", "no value begins here (byte 0)"},
        {"nothing", "no value begins here (byte 0)"},
        {"{} x", "something stands behind the value (byte 3)"},
        {"[1 2]", "a comma or ] is missing (byte 3)"},
        {"[1,]", "no value begins here (byte 3)"},
        {"{\"a\" 1}", "a colon is missing (byte 5)"},
        {"{\"a\":1", "a comma or } is missing (byte 6)"},
        {"{a:1}", "a name is missing (byte 1)"},
        {"1.5", "a number is not whole (byte 1)"},
        {"1e9", "a number is not whole (byte 1)"},
        {"012", "a number begins with 0 (byte 0)"},
        {"-012", "a number begins with 0 (byte 0)"},
        {"9223372036854775808", "a number does not fit 64 bits (byte 0)"},
        {"\"abc", "a string has no end (byte 4)"},
        {"\"\\", "a string has no end (byte 2)"},
        {"\"\\x\"", "an escape is not known (byte 3)"},
        {"\"\\u12\"", "\\u needs four hexadecimal digits (byte 3)"},
        {"\"a\nb\"", "a string holds a control byte (byte 3)"},
    }));
    CHECK(reason_of(text) == reason);
}

TEST_CASE("endless nesting and length are refused") {
    CHECK(reason_of(std::string(1000, '[')).starts_with("is nested too deeply"));
    CHECK(reason_of(std::string(70'000, ' ')).starts_with("is longer than 64 KiB"));
}

TEST_CASE("what the writer writes is read as it was") {
    nbdroot::base::JsonWriter json;
    json.begin_object();
    json.member("error", "no\nway \"x\" \\ \x7f");
    json.member("ms", -5);
    json.end_object();
    const auto value = parse_json(json.text());
    REQUIRE(value);
    CHECK((*value)["error"].text() == "no\nway \"x\" \\ \x7f");
    CHECK((*value)["ms"].number() == -5);
}
