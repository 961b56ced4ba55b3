#include "server/restart/program_check.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using namespace std::chrono_literals;
using nbdroot::Duration;
using nbdroot::server::restart::Complaints;
using nbdroot::server::restart::complaints_of;
using nbdroot::server::restart::kMostComplaints;
using nbdroot::server::restart::ProgramCheck;
using nbdroot::sys::ChildEnd;
using nbdroot::test::BoundedLoop;

namespace {

Complaints complaints_of_script(const std::string& script, Duration limit = 20s) {
    BoundedLoop loop;
    std::optional<Complaints> said;
    std::unique_ptr<ProgramCheck> check;
    auto started = ProgramCheck::start(
        loop.get(), {.path = "/bin/sh", .arguments = {"-c", script}, .environment = {}}, limit,
        [&](const Complaints& complaints) {
            said = complaints;
            check.reset();
        });
    REQUIRE(started);
    check = std::move(*started);
    loop.run_until([&] { return said.has_value(); });
    return *said;
}

}  // namespace

TEST_CASE("what a program has printed, as complaints") {
    const auto [end, printed, expected] = GENERATE(table<ChildEnd, std::string, Complaints>({
        {ChildEnd{}, "listen on every address port 10809\n", Complaints{}},
        {{.status = 3},
         "nbd-rootserver: a.ini:3: bad\n\nnbd-rootserver: two\n",
         {"a.ini:3: bad", "two"}},
        {{.status = 127},
         "error while loading shared libraries",
         {"error while loading shared libraries"}},
        {{.status = 1}, "\x1b[2J\n", {"\\x1b[2J"}},
        {{.status = 4}, "", {"no word, but exit status 4"}},
        {{.signal = 11}, "\n", {"no word, but killed by signal 11"}},
    }));
    CHECK(complaints_of(end, printed) == expected);
}

TEST_CASE("complaints without end are counted") {
    std::string printed;
    for (std::size_t i = 0; i < kMostComplaints + 7; ++i) printed += "bad\n";
    const Complaints complaints = complaints_of({.status = 3}, printed);
    CHECK(complaints.size() == kMostComplaints + 1);
    CHECK(complaints.back() == "and 7 lines more");
}

TEST_CASE("a program that finds nothing wrong") {
    CHECK(complaints_of_script("echo listen on nothing").empty());
}

TEST_CASE("what a program says on both streams is complained of") {
    CHECK(complaints_of_script("echo one; echo two >&2; exit 3") == Complaints{"one", "two"});
}

TEST_CASE("a program that prints more than anybody reads is waited for") {
    const auto complaints = complaints_of_script("yes bad | head -c 5000000; exit 3");
    CHECK(complaints.size() == kMostComplaints + 1);
}

TEST_CASE("a program that does not end is killed") {
    // It hangs; nobody waits for its end.
    CHECK(complaints_of_script("sleep 1000", 20ms) == Complaints{"not done after 0 s, killed"});
}

TEST_CASE("a program that is not there is an error") {
    BoundedLoop loop;
    const auto started = ProgramCheck::start(
        loop.get(), {.path = "/nonexistent/program", .arguments = {}, .environment = {}}, 1s,
        [](const Complaints&) {});
    REQUIRE_FALSE(started);
    CHECK(started.error().message() == "start /nonexistent/program: No such file or directory");
}
