#include <array>

#include "agent/config/parse.h"
#include "tests/support/catch.h"

using namespace nbdroot::agent::config;

TEST_CASE("what was added at run time wins over the kernel's words") {
    const auto config = parse_command_lines({.defaults = "nbdroot=10.0.0.1 nbdroot.log=debug",
                                             .kernel = "nbdroot=10.0.0.2 ip=dhcp rw",
                                             .added = "nbdroot=10.0.0.3:1234\n# a comment\nro\n"});
    REQUIRE(config);
    REQUIRE(config->targets.size() == 1);
    CHECK(config->targets[0].host == "10.0.0.3");
    CHECK(config->network.interfaces.size() == 1);
    CHECK(config->root.read_only);
    CHECK(config->log_level == nbdroot::Level::debug);
}

TEST_CASE("a refused word of the kernel's can be mended by what is added") {
    const CommandLines refused{.kernel = "nbdroot=10.0.0.1,root nbdroot.fial=shell ro"};
    CHECK_FALSE(parse_command_lines(refused));
    auto mended = refused;
    mended.added = "nbdroot=10.0.0.7";
    const auto config = parse_command_lines(mended);
    REQUIRE(config);
    CHECK(config->targets[0].host == "10.0.0.7");
    REQUIRE(config->notes.size() == 2);
    CHECK(config->notes[0].ends_with("; passed over"));
}

TEST_CASE("a refused word that was added is an error that says so") {
    const auto config = parse_command_lines({.kernel = "nbdroot=10.0.0.1", .added = "nbdroot=:"});
    REQUIRE_FALSE(config);
    CHECK(config.error().operation == "added parameter");
}

TEST_CASE("an added file without words mends nothing") {
    CHECK_FALSE(parse_command_lines({.kernel = "nbdroot=:", .added = " \n# nothing\n"}));
}
