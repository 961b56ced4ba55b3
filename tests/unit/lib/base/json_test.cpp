#include "lib/base/json.h"

#include "tests/support/catch.h"

using namespace nbdroot::base;

TEST_CASE("quotes, backslashes and control characters cannot break out of a JSON string") {
    CHECK(json_string("plain") == R"("plain")");
    CHECK(json_string(R"(a"b\c)") == R"("a\"b\\c")");
    CHECK(json_string("\n\t\x1b\x7f") == R"("\u000a\u0009\u001b\u007f")");
    CHECK(json_string(std::string_view("a\0b", 3)) == R"("a\u0000b")");
    CHECK(json_string("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80") ==
          "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"");
}

TEST_CASE("bytes that are not UTF-8 become replacement characters") {
    const auto [text, replaced] = GENERATE(table<const char*, std::size_t>({
        {"\xff", 1},
        {"\xc3", 1},              // cut off
        {"\xc0\xaf", 2},          // overlong slash
        {"\xe0\x80\xaf", 3},      // overlong, three bytes
        {"\xed\xa0\x80", 3},      // a surrogate
        {"\xf4\x90\x80\x80", 4},  // above U+10FFFF
        {"\x80", 1},              // a continuation alone
    }));
    std::string expected = "\"";
    for (std::size_t i = 0; i < replaced; ++i) expected += "\xef\xbf\xbd";
    CHECK(json_string(text) == expected + '"');
    CHECK_FALSE(is_utf8(text));
}

TEST_CASE("UTF-8 stays as it is in a JSON string") {
    const std::string_view text = "a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80";
    CHECK(is_utf8(text));
    CHECK(json_string(text) == cat('"', text, '"'));
}

TEST_CASE("commas stand between values and nowhere else") {
    JsonWriter json;
    json.begin_object();
    json.member("a", 1);
    json.key("list");
    json.begin_array();
    json.value("x");
    json.value(true);
    json.null();
    json.begin_object();
    json.end_object();
    json.end_array();
    json.key("empty");
    json.begin_array();
    json.end_array();
    json.member("b", std::string("y"));
    json.member("c", std::int64_t{-5});
    json.end_object();
    CHECK(json.text() == R"({"a":1,"list":["x",true,null,{}],"empty":[],"b":"y","c":-5})");
}
