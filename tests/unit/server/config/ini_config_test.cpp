#include "server/config/ini_config.h"

#include <string>
#include <vector>

#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/unit/server/config/parse_text.h"

using namespace nbdroot;
using namespace nbdroot::server::config;

TEST_CASE("a file with every key gives the whole configuration") {
    const auto parsed = parse_text(
        "# comment\n"
        "[generic]\n"
        "  port = 1234\n"
        "listenaddr = 10.0.0.1, fd00::1\n"
        "state-directory = /srv/state\n"
        "unixsock = /run/nbd.sock\n"
        "duallisten = true\n"
        "allowlist = false\n"
        "user = nbd\n"
        "group = disk\n"
        "max-connections = 512\n"
        "address-max-connections = 4\n"
        "control-socket = /run/c.sock\n"
        "metrics = [::1]:9100\n"
        "run-scripts = true\n"
        "\n"
        "[debian]\r\n"
        "\texportname = /srv/de bian.img\r\n"
        "readonly=true\n"
        "allow = 10.0.0.0/8 fd00::/64,192.0.2.1\n"
        "maxconnections = 100\n"
        "address-max-connections = 2\n"
        "prerun = /usr/bin/logger up %s\n"
        "postrun = /usr/bin/logger down %s\n"
        "filesize = 4294967296\n"
        "[two words]\n"
        "exportname: /srv/%s.img\n"
        "readonly = false\n"
        "virtstyle = cidrhash 24\n"
        "authfile = /etc/allow\n"
        "export-max-connections = 7\n"
        "[]\n"
        "exportname = /srv/c.img\n"
        "shared = true\n"
        "image-id = b_1-2");
    CHECK(parsed.complaints == Lines{});
    CHECK(parsed.notes == Lines{});
    const AllowList allow = parse_allow_list("10.0.0.0/8 fd00::/64 192.0.2.1").value();
    const std::vector<ExportConfig> exports{
        {.name = "debian",
         .path = "/srv/de bian.img",
         .read_only = true,
         .origin = "f:17: ",
         .allow = allow,
         .maximum_connections = 100,
         .maximum_connections_per_address = 2,
         .before = "/usr/bin/logger up %s",
         .after = "/usr/bin/logger down %s",
         .expected_bytes = 4294967296},
        {.name = "two words",
         .path = "/srv/%s.img",
         .origin = "f:26: ",
         .pattern = AddressPattern{AddressPattern::Style::cidr_hash, 24},
         .allow_file = "/etc/allow",
         .maximum_connections = 7},
        {.name = "",
         .path = "/srv/c.img",
         .is_default = true,
         .shared = true,
         .image_id = "b_1-2",
         .origin = "f:32: "}};
    CHECK(parsed.config.exports == exports);
    CHECK(parsed.config == Config{.listen = {{"10.0.0.1", 1234}, {"fd00::1", 1234}},
                                  .exports = exports,
                                  .state_directory = "/srv/state",
                                  .unix_sockets = {"/run/nbd.sock"},
                                  .control_socket = "/run/c.sock",
                                  .metrics = Endpoint{"::1", 9100},
                                  .lists_exports = false,
                                  .maximum_connections = 512,
                                  .maximum_connections_per_address = 4,
                                  .user = "nbd",
                                  .group = "disk",
                                  .account_origin = "f:9: ",
                                  .state_directory_origin = "f:5: "});
}

TEST_CASE("port and address have defaults, and a section without a name is the default export") {
    const auto parsed = parse_text("\xEF\xBB\xBF[generic]\n[]\nexportname=a");
    CHECK(parsed.complaints == Lines{});
    CHECK(parsed.config ==
          Config{.listen = {{"", 10809}},
                 .exports = {{.name = "", .path = "a", .is_default = true, .origin = "f:2: "}},
                 .account_origin = "f:1: ",
                 .state_directory_origin = "f:1: "});
}

TEST_CASE("every fault of a file is named with its line, in one run") {
    const auto parsed = parse_text(
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
        "exportname = x.img ; my image\n"
        "readonli = true\n");
    CHECK(
        parsed.complaints ==
        Lines{
            "f:1: 'early' before the first [section]",
            "f:2: the first section must be [generic]",
            "f:4: 'exportname' a second time in this section",
            "f:5: copyonwrite: say overlay = temporary instead: what a machine writes is then its "
            "own, also over lost connections, until its next boot",
            "f:6: readonly: boolean 'yes': neither true nor false",
            "f:7: 'nonsense' is neither [section] nor key = value",
            "f:9: port: port '70000': not a number from 0 to 65535",
            "f:10: listenaddr: address 'here': not an IPv4 or IPv6 address in numbers; names are "
            "not looked up",
            "f:11: unknown key 'timeout'; known here: port, listenaddr, unixsock, duallisten, "
            "allowlist, includedir, user, group, max-connections, address-max-connections, "
            "state-directory, control-socket, metrics, run-scripts",
            "f:12: [a] has no exportname, the path of its image",
            "f:12: [a] a second time, the first is f:2",
            "f:13: a section without its closing bracket",
            "f:14: text after the closing bracket",
            "f:14: [c] has no exportname, the path of its image",
            "f:15: exportname: path: empty; the path of the image is needed",
            "f:16: [d] has no exportname, the path of its image",
            "f:17: a comment stands on a line of its own",
            "f:18: unknown key 'readonli'; known here: exportname, readonly, shared, image-id, "
            "allow, authfile, export-max-connections, maxconnections, address-max-connections, "
            "virtstyle, prerun, postrun, filesize, overlay, identity, machine-pattern, "
            "max-overlays, overlay-linger, overlay-quota, quota-full, overlay-directory, "
            "service-commands, script-directory",
        });
}

TEST_CASE("[generic] and the default export stand once") {
    CHECK(parse_text("[generic]\n[]\nexportname=a\n[generic]\n[]\nexportname=b\n").complaints ==
          Lines{"f:4: [generic] a second time", "f:5: [] a second time, the first is f:2"});
}

TEST_CASE("two images that are written must not go by one id") {
    const std::string text =
        "[generic]\n[a]\nexportname=a\nimage-id=x\n[b]\nexportname=b\nimage-id=x\n";
    CHECK(parse_text(text).complaints ==
          Lines{"f:5: [b] and [a] have the same image-id, and both are written"});
    CHECK(parse_text(text + "readonly=true\n").complaints.empty());
}

TEST_CASE("an image-id that could not stand in a name is refused") {
    const auto parsed = parse_text("[generic]\n[a]\nexportname=a\nimage-id=a.b\n");
    CHECK(parsed.complaints ==
          Lines{"f:4: image-id: image-id 'a.b': 1 to 64 of the characters 0-9, A-Z, a-z, _ "
                "and - are needed"});
}

TEST_CASE("a file without sections or exports is refused") {
    CHECK(parse_text("").complaints ==
          Lines{"f:1: the first section must be [generic]", "f:1: no section of an export"});
    CHECK(parse_text("[generic]\n").complaints == Lines{"f:1: no section of an export"});
}

TEST_CASE("a section name longer than the library's limit is kept whole") {
    const std::string name(300, 'n');
    const auto parsed = parse_text("[generic]\n[" + name + "]\nexportname=a\n");
    CHECK(parsed.complaints == Lines{});
    REQUIRE(parsed.config.exports.size() == 1);
    CHECK(parsed.config.exports[0].name == name);
}

TEST_CASE("a section name of one byte more than the library's limit is kept whole") {
    const std::string name(50, 'n');
    const auto parsed = parse_text(cat("[generic]\n[", name, "]\nexportname=a\n[", name.substr(1),
                                       "]\nexportname=b\nreadonly=true\n"));
    CHECK(parsed.complaints == Lines{});
    REQUIRE(parsed.config.exports.size() == 2);
    CHECK(parsed.config.exports[0].name == name);
}

TEST_CASE("a line is taken whole up to the library's limit, and refused above it") {
    const auto with_line_of = [](std::size_t bytes) {
        std::string line = "exportname=/";
        line.resize(bytes, 'x');
        return parse_text("[generic]\n[a]\n" + line + "\n");
    };
    const auto longest = with_line_of(197);
    CHECK(longest.complaints == Lines{});
    CHECK(longest.config.exports.at(0).path.size() == 197 - 11);
    CHECK(with_line_of(198).complaints ==
          Lines{"f:2: [a] has no exportname, the path of its image", "f:3: longer than 197 bytes"});
}

TEST_CASE("an indented line is a line of its own, not the end of the one before") {
    const auto parsed = parse_text("[generic]\n[a]\n  exportname=a\n    readonly=true\n\tstray\n");
    CHECK(parsed.complaints == Lines{"f:5: 'stray' is neither [section] nor key = value"});
    CHECK(parsed.config.exports.at(0).path == "a");
    CHECK(parsed.config.exports.at(0).read_only);
}

TEST_CASE("what would be a comment to the library is refused, other semicolons are kept") {
    CHECK(parse_text("[generic]\n[a]\nexportname=a;b\n").config.exports.at(0).path == "a;b");
    CHECK(parse_text("[generic]\n[a]\nexportname=a\nimage-id=x\t; y\n").complaints ==
          Lines{"f:4: a comment stands on a line of its own"});
}

TEST_CASE("a line longer than the library's limit is refused, not cut") {
    const auto parsed = parse_text("[generic]\n[a]\nexportname=/" + std::string(5000, 'x') + "\n");
    REQUIRE(parsed.complaints.size() == 2);
    CHECK(parsed.complaints[0] == "f:2: [a] has no exportname, the path of its image");
    CHECK(parsed.complaints[1].starts_with("f:3: longer than "));
}

TEST_CASE("a name that no client can ask for is refused") {
    const auto parsed = parse_text("[generic]\n[" + std::string(4097, 'n') + "]\nexportname=a\n");
    CHECK(parsed.complaints ==
          Lines{"f:2: a name longer than 4096 bytes, which no client can ask for"});
}

TEST_CASE("a zero byte is refused") {
    const std::string text("[generic]\n[a]\nexportname=a\0b\n", 29);
    const auto parsed = parse_text(text);
    REQUIRE(parsed.complaints.size() == 2);
    CHECK(parsed.complaints[1] == "f:3: a zero byte");
}

TEST_CASE("backslashes mean what they mean to nbd-server") {
    CHECK(parse_text("[generic]\n[a]\nexportname=\\sa\\\\b\n").config.exports.at(0).path ==
          " a\\b");
    CHECK(
        parse_text("[generic]\n[a]\nexportname=a\\b\n").complaints.at(1) ==
        "f:3: exportname: value 'a\\b': after a backslash only s, t, n, r or another one; \\\\ is "
        "a backslash");
}

TEST_CASE("files of an included directory add exports, in their order") {
    const auto parsed =
        parse_files("[generic]\nincludedir=/d\nrun-scripts=true\n[a]\nexportname=a\n",
                    {{"/d/1.conf", "[b]\nexportname=b\nprerun=x\n"}, {"/d/2.conf", ""}});
    CHECK(parsed.complaints == Lines{});
    REQUIRE(parsed.config.exports.size() == 2);
    CHECK(parsed.config.exports[1] ==
          ExportConfig{.name = "b", .path = "b", .origin = "/d/1.conf:1: ", .before = "x"});
}

TEST_CASE("faults of included files are named by file and line, and all of them") {
    const auto parsed =
        parse_files("[generic]\nincludedir=/d\n[a]\nexportname=a\nimage-id=x\nport=1\n",
                    {{"/d/1.conf", "[generic]\nport=1\nuser=x\n[a]\nexportname=b\nimage-id=x\n"},
                     {"/d/2.conf", fail("open", "/d/2.conf", "Permission denied")},
                     {"/d/3.conf", "stray=1\n[c]\nrotational=true\nprerun=x\n"}});
    CHECK(parsed.complaints ==
          Lines{"f:6: port: the port is the whole server's, in [generic]",
                "/d/1.conf:1: [generic] stands in the main file only",
                "/d/1.conf:4: [a] a second time, the first is f:3",
                "/d/1.conf:4: [a] and [a] have the same image-id, and both are written",
                "open /d/2.conf: Permission denied",
                "/d/3.conf:1: 'stray' before the first [section]",
                "/d/3.conf:2: [c] has no exportname, the path of its image",
                "/d/3.conf:4: prerun: commands are run only with run-scripts = true in [generic]"});
    CHECK(parsed.notes == Lines{"/d/3.conf:3: note: rotational: it has no effect: clients order "
                                "requests as they like"});
}

TEST_CASE("a file's name does not break the lines of the log") {
    const auto parsed = parse_files("[generic]\nincludedir=/d\n[a]\nexportname=a\n",
                                    {{"/d/\n1.conf", "stray=1\n"}});
    CHECK(parsed.complaints == Lines{"/d/\\x0a1.conf:1: 'stray' before the first [section]"});
}

TEST_CASE("a directory that cannot be read is a fault, an empty one is none") {
    const std::string text = "[generic]\nincludedir=/d\n";
    const auto missing = [](const std::string& directory) -> Result<std::vector<IncludedFile>> {
        return fail("open", directory, "No such file or directory");
    };
    CHECK(parse_ini_config(text + "[a]\nexportname=a\n", "f", missing).complaints ==
          Lines{"f:2: includedir: open /d: No such file or directory"});
    CHECK(parse_files(text + "[a]\nexportname=a\n", {}).complaints == Lines{});
    CHECK(parse_files(text, {}).complaints == Lines{"f:1: no section of an export, nor in /d"});
}
