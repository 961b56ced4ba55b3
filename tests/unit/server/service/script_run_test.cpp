#include "server/service/script_run.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using namespace nbdroot;
using namespace nbdroot::server::service;

namespace {

sys::Program shell(const std::string& line) {
    return {.path = "/bin/sh", .arguments = {"-c", line}, .environment = {"PATH=/usr/bin:/bin"}};
}

ScriptRun::Outcome outcome_of(const std::string& line, Duration limit = ScriptRun::kLimit) {
    test::BoundedLoop loop;
    std::optional<ScriptRun::Outcome> outcome;
    const auto run = ScriptRun::start(
        loop.get(), shell(line), [&](const ScriptRun::Outcome& told) { outcome = told; }, limit);
    REQUIRE(run);
    loop.run_until([&] { return outcome.has_value(); });
    return *outcome;
}

}  // namespace

TEST_CASE("a script's output and errors are kept in their order") {
    const auto outcome = outcome_of("echo one; echo two >&2; echo three; exit 7");
    CHECK(outcome.output == "one\ntwo\nthree\n");
    CHECK(outcome.end.status == 7);
    CHECK_FALSE(outcome.is_cut);
}

TEST_CASE("a script's output beyond its limit is cut, and the script goes on") {
    const auto outcome = outcome_of("head -c 300000 /dev/zero; exit 4");
    CHECK(outcome.output.size() == ScriptRun::kMaximumOutput);
    CHECK(outcome.is_cut);
    CHECK(outcome.end.status == 4);
}

// A "sleep" below is a program that hangs; nobody waits for its end.

TEST_CASE("a script that takes too long is killed with its children") {
    const auto outcome = outcome_of("sleep 1000 & sleep 1000", Duration(1));
    CHECK(outcome.timed_out);
    CHECK(outcome.end.signal == 9);
}

TEST_CASE("a child that a script leaves behind keeps nobody waiting") {
    const auto outcome = outcome_of("sleep 1000 & echo $!; exit 0");
    CHECK(outcome.end.is_success());
    const auto child = base::parse_decimal(outcome.output.substr(0, outcome.output.find('\n')));
    REQUIRE(child);
    sys::kill_process(static_cast<pid_t>(*child));
}

TEST_CASE("a script that cannot be started is an error") {
    test::BoundedLoop loop;
    const sys::Program none{.path = "/nonexistent", .arguments = {}, .environment = {}};
    CHECK_FALSE(ScriptRun::start(loop.get(), none, [](const auto&) {}));
}
