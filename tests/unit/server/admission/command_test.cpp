#include "server/admission/command.h"

#include "tests/support/catch.h"

using nbdroot::server::admission::make_command;
using nbdroot::server::admission::quote_word;

TEST_CASE("a path with characters of the shell stays one word") {
    const auto [text, word] = GENERATE(Catch::Generators::table<std::string, std::string>({
        {"/srv/disk.10.0.0.7", "/srv/disk.10.0.0.7"},
        {"/srv/disk.fd00::7", "/srv/disk.fd00::7"},
        {"", "''"},
        {"a b", "'a b'"},
        {"$(reboot)", "'$(reboot)'"},
        {"a;b&c|d", "'a;b&c|d'"},
        {"it's", "'it'\\''s'"},
        {"~root", "'~root'"},
        {"*", "'*'"},
        {"\n", "'\n'"},
    }));
    CHECK(quote_word(text) == word);
}

TEST_CASE("each %s of a command is the path, and what the path says is not looked at again") {
    const auto program = make_command("cp %s.new %s; date +%%F-%%s; echo 100%",
                                      {.export_name = "x", .client = "10.0.0.7", .path = "/a/%s"});
    CHECK(program.path == "/bin/sh");
    CHECK(program.arguments ==
          std::vector<std::string>{"-c", "cp '/a/%s'.new '/a/%s'; date +%F-%s; echo 100%"});
    CHECK(program.environment == std::vector<std::string>{"NBDROOT_EXPORT=x",
                                                          "NBDROOT_CLIENT=10.0.0.7",
                                                          "NBDROOT_PATH=/a/%s"});
}
