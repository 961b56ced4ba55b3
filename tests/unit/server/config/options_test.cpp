#include "server/config/options.h"

#include <vector>

#include "tests/support/catch.h"

using nbdroot::Level;
using nbdroot::server::config::Options;
using nbdroot::server::config::parse_options;
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
         "arguments: [ADDRESS:]PORT and IMAGE are needed, got 3 words; --help shows the use"},
        {Words{"-x", "1", "a"}, "option -x: unknown; --help lists the options"},
        {Words{"--read-only=1", "1", "a"}, "option --read-only: takes no value"},
        {Words{"-c"}, "option -c: needs a value"},
        {Words{"-c", "f", "1"}, "argument 1: not with -c: the file names the images"},
        {Words{"-c", "f", "-r"}, "option -r: not with -c: the file says readonly = true"},
        {Words{"-c", "f", "--shared"}, "option --shared: not with -c: the file says shared = true"},
        {Words{"-c", "f", "--image-id", "x"},
         "option --image-id: not with -c: the file says image-id = ID"},
        {Words{"-c", "f", "--state-directory", "x"},
         "option --state-directory: not with -c: the file says state-directory = DIRECTORY"},
        {Words{"--state-directory=", "1", "a"}, "option --state-directory: empty"},
        {Words{"--image-id", "a.b", "1", "a"},
         "image-id 'a.b': 1 to 64 of the characters 0-9, A-Z, a-z, _ and - are needed"},
        {Words{"--log-level=loud"},
         "option --log-level: 'loud' is not error, warning, info or debug"},
    }));
    const auto options = parse_options(words);
    REQUIRE_FALSE(options);
    CHECK(options.error().message() == message);
}
