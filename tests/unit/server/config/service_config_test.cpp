#include "server/config/service_config.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/unit/server/config/parse_text.h"

using namespace nbdroot;
using namespace nbdroot::server::config;

namespace {

ParsedConfig parsed(const std::string& generic, const std::string& lines) {
    return parse_text(cat("[generic]\n", generic, "\n[a]\nexportname = a\n", lines, "\n"));
}

}  // namespace

TEST_CASE("commands that a machine may give are a list of names") {
    using C = ServiceCommand;
    const auto [text, commands] = GENERATE(table<const char*, std::set<C>>({
        {"status", {C::status}},
        {"status, flush", {C::status, C::flush}},
        {"image hash,reset-overlay promote-query script",
         {C::image, C::hash, C::reset_overlay, C::promote_query, C::script}},
        {"none", {}},
    }));
    CHECK(parse_service_commands(text) == commands);
}

TEST_CASE("lists of commands that cannot be meant are refused") {
    const auto* const text = GENERATE("", "stat", "none, status", "status none", "Status");
    CHECK_FALSE(parse_service_commands(text));
}

TEST_CASE("by default a machine learns what it could read anyway") {
    const auto config = parsed("", "");
    REQUIRE(config.complaints.empty());
    const ServiceConfig& service = config.config.exports.at(0).service;
    CHECK(service.commands == parse_service_commands("status, image, hash"));
    CHECK(service.script_directory.empty());
}

TEST_CASE("scripts need a directory, and that scripts are run at all") {
    const auto [generic, lines, complaint] = GENERATE(table<const char*, const char*, const char*>({
        {"run-scripts = true", "service-commands = script",
         "f:5: service-commands: script needs a script-directory"},
        {"", "script-directory = /s\nservice-commands = script",
         "f:6: service-commands: scripts are run only with run-scripts = true in [generic]"},
        {"", "script-directory = s", "f:5: script-directory: directory s: not an absolute path"},
    }));
    const auto config = parsed(generic, lines);
    REQUIRE(config.complaints.size() == 1);
    CHECK(config.complaints.front() == complaint);
}

TEST_CASE("a directory of scripts that nobody may run is noted") {
    const auto config = parsed("", "script-directory = /s");
    CHECK(config.complaints.empty());
    REQUIRE(config.notes.size() == 1);
}
