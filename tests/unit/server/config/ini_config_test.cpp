#include "server/config/ini_config.h"

#include <string>
#include <vector>

#include "tests/support/catch.h"

using nbdroot::server::config::Config;
using nbdroot::server::config::parse_ini_config;
using Complaints = std::vector<std::string>;

TEST_CASE("a file with every key gives the whole configuration") {
    const auto parsed = parse_ini_config(
        "# comment\n"
        "[generic]\n"
        "  port = 1234\n"
        "listenaddr = 10.0.0.1, fd00::1\n"
        "state-directory = /srv/state\n"
        "\n"
        "[debian]\r\n"
        "\texportname = /srv/de bian.img\r\n"
        "readonly=true\n"
        "[two words]\n"
        "exportname: /srv/b.img\n"
        "readonly = false\n"
        "shared = true\n"
        "image-id = b_1-2",
        "f");
    CHECK(parsed.complaints == Complaints{});
    CHECK(parsed.config == Config{.listen = {{"10.0.0.1", 1234}, {"fd00::1", 1234}},
                                  .exports = {{.name = "debian",
                                               .path = "/srv/de bian.img",
                                               .read_only = true,
                                               .origin = "f:7: "},
                                              {.name = "two words",
                                               .path = "/srv/b.img",
                                               .shared = true,
                                               .image_id = "b_1-2",
                                               .origin = "f:10: "}},
                                  .state_directory = "/srv/state"});
}

TEST_CASE("port and address have defaults, and a section without a name is the default export") {
    const auto parsed = parse_ini_config("\xEF\xBB\xBF[generic]\n[]\nexportname=a", "f");
    CHECK(parsed.complaints == Complaints{});
    CHECK(parsed.config ==
          Config{.listen = {{"", 10809}},
                 .exports = {{.name = "", .path = "a", .is_default = true, .origin = "f:2: "}}});
}

TEST_CASE("every fault of a file is named with its line, in one run") {
    const auto parsed = parse_ini_config(
        "early = 1\n"
        "[a]\n"
        "exportname = a.img\n"
        "exportname = b.img\n"
        "copyonwrite = true\n"
        "readonly = yes\n"
        "nonsense\n"
        "[generic]\n"
        "port = 70000\n"
        "listenaddr = here\n"
        "timeout = 5\n"
        "[a]\n"
        "[b\n"
        "[c] x\n"
        "exportname =\n"
        "[d]\n"
        "exportname = x.img ; my image\n",
        "f");
    CHECK(parsed.complaints ==
          Complaints{
              "f:1: 'early' before the first [section]",
              "f:2: the first section must be [generic]",
              "f:4: 'exportname' a second time in this section",
              "f:5: unknown key 'copyonwrite'; known here: exportname, readonly, shared, "
              "image-id",
              "f:6: readonly: boolean 'yes': neither true nor false",
              "f:7: 'nonsense' is neither [section] nor key = value",
              "f:9: port: port '70000': not a number from 0 to 65535",
              "f:10: listenaddr: address 'here': not an IPv4 or IPv6 address in numbers; names are "
              "not looked up",
              "f:11: unknown key 'timeout'; known here: port, listenaddr, state-directory",
              "f:12: [a] a second time",
              "f:12: [a] has no exportname, the path of its image",
              "f:13: a section without its closing bracket",
              "f:14: text after the closing bracket",
              "f:14: [c] has no exportname, the path of its image",
              "f:15: exportname: exportname: empty; it is the path of the image",
              "f:16: [d] has no exportname, the path of its image",
              "f:17: a comment stands on a line of its own",
          });
}

TEST_CASE("two images that are written must not go by one id") {
    const std::string text =
        "[generic]\n[a]\nexportname=a\nimage-id=x\n[b]\nexportname=b\nimage-id=x\n";
    CHECK(parse_ini_config(text, "f").complaints ==
          Complaints{"f:5: [b] and [a] have the same image-id, and both are written"});
    CHECK(parse_ini_config(text + "readonly=true\n", "f").complaints.empty());
}

TEST_CASE("an image-id that could not stand in a name is refused") {
    const auto parsed = parse_ini_config("[generic]\n[a]\nexportname=a\nimage-id=a.b\n", "f");
    CHECK(parsed.complaints ==
          Complaints{"f:4: image-id: image-id 'a.b': 1 to 64 of the characters 0-9, A-Z, a-z, _ "
                     "and - are needed"});
}

TEST_CASE("a file without sections or exports is refused") {
    CHECK(parse_ini_config("", "f").complaints ==
          Complaints{"f:1: the first section must be [generic]", "f:1: no section of an export"});
    CHECK(parse_ini_config("[generic]\n", "f").complaints ==
          Complaints{"f:1: no section of an export"});
}

TEST_CASE("a section name longer than the library's limit is kept whole") {
    const std::string name(300, 'n');
    const auto parsed = parse_ini_config("[generic]\n[" + name + "]\nexportname=a\n", "f");
    CHECK(parsed.complaints == Complaints{});
    REQUIRE(parsed.config.exports.size() == 1);
    CHECK(parsed.config.exports[0].name == name);
}

TEST_CASE("a line longer than the library's limit is refused, not cut") {
    const auto parsed =
        parse_ini_config("[generic]\n[a]\nexportname=/" + std::string(5000, 'x') + "\n", "f");
    REQUIRE(parsed.complaints.size() == 2);
    CHECK(parsed.complaints[0] == "f:2: [a] has no exportname, the path of its image");
    CHECK(parsed.complaints[1].starts_with("f:3: longer than "));
}

TEST_CASE("a name that no client can ask for is refused") {
    const auto parsed =
        parse_ini_config("[generic]\n[" + std::string(4097, 'n') + "]\nexportname=a\n", "f");
    CHECK(parsed.complaints ==
          Complaints{"f:2: a name longer than 4096 bytes, which no client can ask for"});
}

TEST_CASE("a zero byte is refused") {
    const std::string text("[generic]\n[a]\nexportname=a\0b\n", 29);
    const auto parsed = parse_ini_config(text, "f");
    REQUIRE(parsed.complaints.size() == 2);
    CHECK(parsed.complaints[1] == "f:3: a zero byte");
}
