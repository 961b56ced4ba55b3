#include "server/ctl/root_report.h"

#include "tests/support/catch.h"

using nbdroot::base::parse_json;
using nbdroot::server::ctl::describe_roots;
using nbdroot::server::ctl::short_root;

TEST_CASE("roots as a table") {
    const auto answer = parse_json(R"({"images":[
        {"export":"a","size_bytes":1024,"state":"known","merkle_root":"m:12","path":"/srv/a"},
        {"export":"a","former":true,"size_bytes":1000,"state":"computing","done_bytes":429,
         "path":"/srv/f"},
        {"export":"b","size_bytes":2048,"state":"waiting","path":"/srv/b"},
        {"export":"c","state":"none","reason":"because\n","path":"/srv/%s"}]})");
    REQUIRE(answer);
    CHECK(describe_roots(*answer) ==
          "EXPORT     SIZE  ROOT                                                       "
          "PATH     NOTES\n"
          "a       1.0 KiB  m:12                                                       "
          "/srv/a   -\n"
          "a        1000 B  computing, 42 %                                            "
          "/srv/f   former image\n"
          "b       2.0 KiB  waiting for its turn, and for nobody to write to the file  "
          "/srv/b   -\n"
          "c             -  none: because\\x0a                                          "
          "/srv/%s  -\n");
}

TEST_CASE("numbers of any size make a percentage") {
    const auto answer = parse_json(R"({"images":[
        {"state":"computing","size_bytes":0,"done_bytes":5},
        {"state":"computing","size_bytes":9223372036854775807,"done_bytes":9223372036854775807},
        {"state":"computing","size_bytes":-1,"done_bytes":-7}]})");
    REQUIRE(answer);
    const std::string text = describe_roots(*answer);
    CHECK(text.find("computing, 100 %") != std::string::npos);
    CHECK(text.find("computing, 0 %") != std::string::npos);
}

TEST_CASE("a root is shortened to its first digits") {
    CHECK(short_root("merkle-sha256-64k:0123456789abcdef") == "0123456789ab");
    CHECK(short_root("").empty());
}
