#include "agent/control/request_trace.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::control {
namespace {

constexpr Instant at(std::int64_t ms) { return Instant(Duration(ms)); }

// As Linux 6.1 and, with a priority, 7.x write it.
constexpr const char* kIssued =
    "     kworker/0:1H-82      [000] .....   123.456789: block_rq_issue: 43,0 WS 4096 () 2048 + 8 "
    "[kworker/0:1H]\n";
constexpr const char* kIssuedLater =
    "           fsync-200     [001] .....   124.000001: block_rq_issue: 43,0 R 512 () 64 + 1 "
    "none,0,0 [cat]\n";
constexpr const char* kCompleted =
    "          <idle>-0       [000] ..s..   123.999999: block_rq_complete: 43,0 WS () 2048 + 8 "
    "[0]\n";

}  // namespace

TEST_CASE("what is issued is open until it is completed") {
    RequestTrace trace;
    trace.read(kIssued);
    trace.read(kIssuedLater);
    CHECK(trace.open() ==
          std::vector<TracedRequest>{{at(123'456), 'W', 2048, 8}, {at(124'000), 'R', 64, 1}});
    trace.read(kCompleted);
    CHECK(trace.open() == std::vector<TracedRequest>{{at(124'000), 'R', 64, 1}});
}

TEST_CASE("a line may come in pieces") {
    RequestTrace trace;
    for (const char* next = kIssued; *next != '\0'; ++next) trace.read({next, 1});
    CHECK(trace.open().size() == 1);
}

TEST_CASE("one that is sent again has waited since it was sent first") {
    RequestTrace trace;
    trace.read(kIssued);
    trace.read("k-1 [000] ..... 200.000000: block_rq_issue: 43,0 WS 4096 () 2048 + 8 [k]\n");
    CHECK(trace.open() == std::vector<TracedRequest>{{at(123'456), 'W', 2048, 8}});
}

TEST_CASE("a flush has no place, whichever number stands there") {
    RequestTrace trace;
    trace.read("k-1 [000] ..... 1.000000: block_rq_issue: 43,0 FF 0 () 0 + 0 [k]\n");
    CHECK(trace.open() == std::vector<TracedRequest>{{at(1'000), 'F', 0, 0}});
    trace.read(
        "k-1 [000] ..... 1.500000: block_rq_complete: 43,0 FF () 18446744073709551615 + 0 [0]\n");
    CHECK(trace.open().empty());
}

TEST_CASE("what began before the trace, and what is no request, is passed over") {
    RequestTrace trace;
    trace.read(kCompleted);
    trace.read("k-1 [000] ..... 1.0: block_rq_issue: 43,0 R 512 () 64 - 1 [k]\n");
    trace.read("k-1 [000] ..... now: block_rq_issue: 43,0 R 512 () 64 + 1 [k]\n");
    trace.read("block_rq_issue: 43,0 R 512 () 64 + 1 [k]\n");
    trace.read("k-1 [000] ..... 1.000: block_rq_issue: \n");
    CHECK(trace.open().empty());
}

TEST_CASE("what was open before events were lost may be complete, and is forgotten") {
    RequestTrace trace;
    trace.read(kIssued);
    trace.read("CPU:1 [LOST 12 EVENTS]\n");
    CHECK(trace.open().empty());
    CHECK(trace.lost() == 12);
    trace.read(kIssuedLater);
    CHECK(trace.open() == std::vector<TracedRequest>{{at(124'000), 'R', 64, 1}});
    trace.read("CPU:0 [LOST EVENTS]\n");  // the kernel does not know how many
    CHECK(trace.open().empty());
    CHECK(trace.lost() == 13);
    trace.read("CPU:0 [LOST 18446744073709551615 EVENTS]\n");
    CHECK(trace.lost() == INT64_MAX);
}

TEST_CASE("more requests than a device can have are no longer believed") {
    RequestTrace trace;
    const auto issue = [&](std::size_t sector) {
        trace.read(cat("k-1 [0] . 1.000000: block_rq_issue: 43,0 R 512 () ", sector, " + 1 [k]\n"));
    };
    for (std::size_t i = 0; i < RequestTrace::kMost; ++i) issue(i);
    CHECK(trace.lost() == 0);
    issue(4096);
    CHECK(trace.open() == std::vector<TracedRequest>{{at(1'000), 'R', 4096, 1}});
    CHECK(trace.lost() == RequestTrace::kMost);
}

TEST_CASE("a line without end and requests without number take no memory without bound") {
    RequestTrace trace;
    trace.read(std::string(1 << 20, 'x'));
    for (std::size_t i = 0; i < 2 * RequestTrace::kMost; ++i) {
        trace.read(cat("k-1 [0] . 1.000000: block_rq_issue: 43,0 R 512 () ", i, " + 1 [k]\n"));
    }
    CHECK(trace.open().size() == RequestTrace::kMost);
}

}  // namespace nbdroot::agent::control
