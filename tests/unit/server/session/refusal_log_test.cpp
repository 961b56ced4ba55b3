#include "server/session/refusal_log.h"

#include "tests/support/catch.h"

using namespace std::chrono_literals;
using nbdroot::Instant;
using nbdroot::server::session::RefusalLog;

namespace {

constexpr Instant kStart{100s};

}  // namespace

TEST_CASE("a machine that is refused every second makes one line a minute") {
    RefusalLog refusals;
    CHECK(refusals.on_refusal("10.0.0.1:1000", "in use for 7 s", kStart) == "");
    for (int second = 1; second < 60; ++second) {
        const std::string reason = "in use for " + std::to_string(7 + second) + " s";
        CHECK_FALSE(refusals.on_refusal("10.0.0.1:" + std::to_string(1000 + second), reason,
                                        kStart + second * 1s));
    }
    CHECK(refusals.on_refusal("10.0.0.1:1060", "in use for 67 s", kStart + 60s) ==
          "; 59 more like it since this was last logged");
    CHECK_FALSE(refusals.on_refusal("10.0.0.1:1061", "in use for 68 s", kStart + 61s));
}

TEST_CASE("another address and another reason are said at once") {
    RefusalLog refusals;
    CHECK(refusals.on_refusal("10.0.0.1:1", "in use", kStart) == "");
    CHECK(refusals.on_refusal("10.0.0.2:1", "in use", kStart) == "");
    CHECK(refusals.on_refusal("10.0.0.1:1", "displaced", kStart) == "");
    CHECK(refusals.on_refusal("10.0.0.1:1", "in use", kStart + 2min) == "");
}

TEST_CASE("however many addresses are refused, few are remembered") {
    RefusalLog refusals;
    CHECK(refusals.on_refusal("first:1", "in use", kStart) == "");
    for (std::size_t i = 0; i < RefusalLog::kMaximumKnown; ++i) {
        const std::string peer = "[fd00::" + std::string(i + 1, 'a') + "]:1";
        CHECK(refusals.on_refusal(peer, "in use", kStart) == "");
    }
    CHECK(refusals.on_refusal("first:1", "in use", kStart) == "");
}
