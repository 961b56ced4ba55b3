#include "server/config/options.h"

#include <vector>

#include "lib/base/text.h"
#include "server/config/option_table.h"
#include "tests/support/catch.h"

using nbdroot::Level;
using namespace nbdroot::server::config;
using Words = std::vector<std::string>;

namespace {

const auto& image_of(const Options& options) { return options.config.exports.at(0); }

}  // namespace

TEST_CASE("options may stand anywhere") {
    const auto words = GENERATE(Words{"-r", "1234", "disk.img"}, Words{"1234", "-r", "disk.img"},
                                Words{"1234", "disk.img", "--read-only"},
                                Words{"-n", "-r", "--", "1234", "disk.img"});
    Options expected;
    expected.config.listen = {{"", 1234}};
    expected.config.exports = {
        {.name = "disk.img", .path = "disk.img", .read_only = true, .is_default = true}};
    CHECK(parse_options(words) == expected);
}

TEST_CASE("an option's value follows it or its equals sign") {
    const auto words = GENERATE(Words{"-c", "a.ini", "--log-level", "debug", "--check"},
                                Words{"--config=a.ini", "--log-level=debug", "--check"});
    Options expected;
    expected.config_file = "a.ini";
    expected.log_level = Level::debug;
    expected.action = Options::Action::check;
    CHECK(parse_options(words) == expected);
}

TEST_CASE("an image whose name begins with a dash follows two dashes") {
    const Words words{"--", "1234", "-r"};
    const auto options = parse_options(words);
    REQUIRE(options);
    CHECK(image_of(*options).path == "-r");
    CHECK_FALSE(image_of(*options).read_only);
}

TEST_CASE("an image may be shared, and named for servers with copies") {
    const Words words{"--shared", "--image-id=debian-12_7", "--state-directory", "/srv/s",
                      "1234",     "/srv/disk.img"};
    const auto options = parse_options(words);
    REQUIRE(options);
    CHECK(image_of(*options).shared);
    CHECK(image_of(*options).image_id == "debian-12_7");
    CHECK(image_of(*options).name == "disk.img");
    CHECK(options->config.state_directory == "/srv/s");
}

TEST_CASE("everything that a file can say of one image and its server can be said by options") {
    const Words words{"--listen=[::1]:5",
                      "--listen",
                      "10.0.0.1:6",
                      "--unix",
                      "/run/s",
                      "--allow",
                      "10.0.0.0/8,fd00::7",
                      "-M",
                      "7",
                      "--no-list",
                      "--max-connections",
                      "9",
                      "--user=nbd",
                      "--group",
                      "disk",
                      "--address-max-connections",
                      "2",
                      "--metrics",
                      "[::1]:9100",
                      "--control-socket",
                      "/run/c",
                      "1234",
                      "/srv/a.img"};
    Config expected{.listen = {{"", 1234}, {"::1", 5}, {"10.0.0.1", 6}},
                    .exports = {{.name = "a.img", .path = "/srv/a.img", .is_default = true}},
                    .unix_sockets = {"/run/s"},
                    .control_socket = "/run/c",
                    .metrics = Endpoint{"::1", 9100},
                    .lists_exports = false,
                    .maximum_connections = 9,
                    .maximum_connections_per_address = 2,
                    .user = "nbd",
                    .group = "disk"};
    expected.exports[0].allow = parse_allow_list("10.0.0.0/8 fd00::7").value();
    expected.exports[0].maximum_connections = 7;
    CHECK(parse_options(words).value().config == expected);
}

TEST_CASE("an image alone is enough where options say how it is reached") {
    const auto listen = parse_options(Words{"--listen", "5", "a.img"});
    CHECK(listen.value().config.listen == std::vector<Endpoint>{{"", 5}});
    const auto socket = parse_options(Words{"--unix", "/s", "a.img"});
    CHECK(socket.value().config.listen.empty());
    const auto standard_input = parse_options(Words{"--stdio", "-r", "a.img"});
    CHECK(standard_input.value().config.standard_input);
    CHECK(image_of(*standard_input).path == "a.img");
    CHECK(parse_options(Words{"--stdio", "-c", "f"}).value().config.standard_input);
}

TEST_CASE("nbd-server's spelling of what is the same here is taken") {
    CHECK(parse_options(Words{"-C", "f"}).value().config_file == "f");
    CHECK(parse_options(Words{"--config-file=f"}).value().config_file == "f");
    const auto options = parse_options(Words{"-d", "fd00::1@5", "-l", "/etc/allow", "/srv/%s.img"});
    CHECK(options.value().config.listen == std::vector<Endpoint>{{"fd00::1", 5}});
    CHECK(image_of(*options).allow_file == "/etc/allow");
    CHECK(image_of(*options).pattern == AddressPattern{});
    CHECK(image_of(*options).name.empty());
}

TEST_CASE("every option is in the help, and no line of it is wider than a terminal's 100 columns") {
    const std::string text = usage_text();
    for (const OptionGroup& group : option_groups()) {
        for (const Option& option : group.options) {
            CHECK(text.find(option.long_name) != std::string::npos);
            CHECK(find_option(option.long_name) == &option);
        }
    }
    for (const std::string_view line : nbdroot::base::split(text, '\n')) CHECK(line.size() <= 100);
}

TEST_CASE("help needs nothing else") {
    const Words words{"--help"};
    CHECK(parse_options(words)->action == Options::Action::help);
}

TEST_CASE("command lines that cannot be meant are refused with the reason") {
    const auto [words, message] = GENERATE(table<Words, std::string>({
        {Words{},
         "arguments: [ADDRESS:]PORT and IMAGE are needed, got 0 words; --help shows the use"},
        {Words{"1"},
         "arguments: [ADDRESS:]PORT and IMAGE are needed, got 1 word; --help shows the use"},
        {Words{"1", "a", "b"},
         "arguments: [ADDRESS:]PORT and IMAGE are needed, got 3 words; the size of an "
         "image is its file's; --help shows the use"},
        {Words{"-x", "1", "a"}, "option -x: unknown; --help lists the options"},
        {Words{"--read-only=1", "1", "a"}, "option --read-only: takes no value"},
        {Words{"-c"},
         "option -c: needs a value; -c is the configuration file here; for "
         "nbd-server's copy-on-write say --overlay temporary"},
        {Words{"-c", "f", "1"},
         "argument 1: not with -c: the file names the images; -c is the configuration file here; "
         "for "
         "nbd-server's copy-on-write say --overlay temporary"},
        {Words{"-c", "f", "-r"}, "option -r: not with -c: the file says readonly = true"},
        {Words{"-c", "f", "--shared"}, "option --shared: not with -c: the file says shared = true"},
        {Words{"-c", "f", "--image-id", "x"},
         "option --image-id: not with -c: the file says image-id = ID"},
        {Words{"-c", "f", "--state-directory", "x"},
         "option --state-directory: not with -c: the file says state-directory = DIRECTORY"},
        {Words{"--state-directory=", "1", "a"}, "option --state-directory: empty"},
        {Words{"--image-id", "a.b", "1", "a"},
         "image-id 'a.b': 1 to 64 of the characters 0-9, A-Z, a-z, _ and - are needed"},
        {Words{"1", "a", "-c"},
         "option -c: needs a value; -c is the configuration file here; for "
         "nbd-server's copy-on-write say --overlay temporary"},
        {Words{"-c", "-r", "1", "a"},
         "option -c: needs a value; -c is the configuration file here; for "
         "nbd-server's copy-on-write say --overlay temporary"},
        {Words{"--copy-on-write", "1", "a"},
         "option --copy-on-write: -c is the configuration file here; for nbd-server's "
         "copy-on-write say --overlay temporary"},
        {Words{"-m", "1", "a"},
         "option -m: an image is one file or block device: join the files into one"},
        {Words{"-p", "/run/pid", "1", "a"},
         "option -p: no such file is needed: the server stays in the foreground, whoever starts it "
         "knows its pid"},
        {Words{"-o", "debian", "1", "a"}, "option -o: --check prints what would be served"},
        {Words{"-M", "many", "1", "a"}, "limit 'many': not a number of connections; 0 is no limit"},
        {Words{"--allow", "", "1", "a"},
         "list: empty, nobody could come in; addresses or networks are needed"},
        {Words{"--allow", "10.0.0.1", "-l", "f", "1", "a"},
         "option --allow-file: not with --allow: say one"},
        {Words{"-l", "", "1", "a"}, "option --allow-file: empty"},
        {Words{"--unix=", "a"}, "socket: empty; the path of a socket is needed"},
        {Words{"--listen", "x", "a"}, "port 'x': not a number from 0 to 65535"},
        {Words{"--user=", "1", "a"}, "option --user: empty"},
        {Words{"--group=", "1", "a"}, "option --group: empty"},
        {Words{"--metrics", "x", "1", "a"}, "port 'x': not a number from 0 to 65535"},
        {Words{"--control-socket=", "1", "a"}, "socket: empty; the path of a socket is needed"},
        {Words{"--stdio", "1", "a"},
         "option --stdio: IMAGE alone is needed beside it, and no address"},
        {Words{"--stdio", "--unix", "/s", "a"},
         "option --stdio: IMAGE alone is needed beside it, and no address"},
        {Words{"10.0.0.1@x", "a"}, "port 'x': not a number from 0 to 65535"},
        {Words{"1", "/%s%d"},
         "path '/%s%d': after a % an s for the client's address, or another %; or virtstyle = "
         "none"},
        {Words{"--image-id", "x", "1", "/%s"},
         "option --image-id: with %s, each address has an image of its own"},
        {Words{"-c", "f", "--allow", "::/0"},
         "option --allow: not with -c: the file says allow = "
         "NETWORK"},
        {Words{"-c", "f", "-M", "1"},
         "option -M: not with -c: the file says export-max-connections = N"},
        {Words{"-c", "f", "--listen", "1"},
         "option --listen: not with -c: the file says listenaddr = ADDRESS"},
        {Words{"-c", "f", "--no-list"},
         "option --no-list: not with -c: the file says allowlist = "
         "false"},
        {Words{"--log-level=loud"},
         "option --log-level: 'loud' is not error, warning, info or debug"},
    }));
    const auto options = parse_options(words);
    REQUIRE_FALSE(options);
    CHECK(options.error().message() == message);
}
