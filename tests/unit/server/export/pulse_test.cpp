#include "server/export/pulse.h"

#include "tests/support/catch.h"

using namespace std::chrono_literals;
using nbdroot::Duration;
using nbdroot::server::export_::judge;
using nbdroot::server::export_::Pulse;
using nbdroot::server::export_::pulse_of;
using nbdroot::server::export_::Verdict;
using nbdroot::sys::TcpInfo;

TEST_CASE("the pulse of a client that is probed") {
    const auto [what, pulse, elapsed, verdict] =
        GENERATE(table<std::string, Pulse, Duration, Verdict>({
            {"reset, perhaps by a machine that was switched on again",
             {.closed = true},
             0ms,
             Verdict::over},
            {"nothing yet", {.silent = 9s}, 0ms, Verdict::undecided},
            {"nothing since", {.silent = 9s}, 4900ms, Verdict::undecided},
            {"nothing at all", {.silent = 9s}, 5000ms, Verdict::dead},
            {"an answer", {.silent = 100ms}, 1100ms, Verdict::alive},
            {"what came just before is no answer", {.silent = 980ms}, 1000ms, Verdict::undecided},
            {"nor is what was under way", {.silent = 700ms}, 1000ms, Verdict::undecided},
            {"nor is what came as probing began", {.silent = 5000ms}, 5000ms, Verdict::dead},
            {"it said good-bye", {.leaving = true, .silent = 0ms}, 1000ms, Verdict::undecided},
            {"it said good-bye long ago", {.leaving = true, .silent = 9s}, 5s, Verdict::over},
            {"a closed window", {.silent = 9s, .window_closed = true}, 4s, Verdict::undecided},
            {"a window closed for long", {.silent = 9s, .window_closed = true}, 5s, Verdict::alive},
        }));
    CAPTURE(what);
    CHECK(judge(pulse, elapsed) == verdict);
}

TEST_CASE("a window counts as closed while its last probe was answered") {
    TcpInfo info{.unsent_bytes = 100, .since_data = 5s, .since_ack = 3s};
    CHECK(pulse_of(info).window_closed);
    CHECK(pulse_of(info).silent == 3s);
    info.unanswered_probes = 1;
    CHECK_FALSE(pulse_of(info).window_closed);
    info.unanswered_probes = 0;
    info.unacked_segments = 1;  // sent, lost: the window has nothing to do with it
    CHECK_FALSE(pulse_of(info).window_closed);
}
