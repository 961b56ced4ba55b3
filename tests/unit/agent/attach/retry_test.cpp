#include "agent/attach/retry.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::attach {
namespace {

constexpr Instant kStart{Duration{1'000'000}};

Retry::Failure refused(const std::string& object = "10.0.0.1:10809") {
    return {.error = {.operation = "connect", .object = object, .reason = "Connection refused"}};
}

Retry::Failure no_such_export() {
    return {.error = {.operation = "negotiate",
                      .object = "10.0.0.1:10809/x",
                      .reason = "server has no export 'x'; it lists none"},
            .is_lasting = true};
}

Duration pause_of(const Retry::Action& action, Instant now) {
    REQUIRE(std::holds_alternative<Retry::Pause>(action));
    return std::get<Retry::Pause>(action).until - now;
}

// Lets the one server fail again and again until END; gives the number of attempts.
int fail_until(Retry& retry, Instant& now, Instant end, const Retry::Failure& failure,
               std::vector<std::string>& lines) {
    int attempts = 0;
    while (now < end) {
        const auto action = retry.on_failure(failure, now);
        ++attempts;
        if (const auto line = retry.take_line()) lines.push_back(*line);
        now = std::get<Retry::Pause>(action).until;
        CHECK(retry.on_pause_over(now) == Retry::Action(Retry::Connect{0}));
    }
    return attempts;
}

}  // namespace

TEST_CASE("a refused connection is tried again after about a quarter of a second") {
    Retry retry({.server_count = 1}, kStart);
    const Duration pause = pause_of(retry.on_failure(refused(), kStart), kStart);
    CHECK(pause >= Duration{187});
    CHECK(pause <= Duration{313});
}

TEST_CASE("after 30 s a dead server is tried once a second, not four times") {
    Retry retry({.server_count = 1}, kStart);
    std::vector<std::string> lines;
    Instant now = kStart;
    const int quick = fail_until(retry, now, kStart + Duration{30'000}, refused(), lines);
    CHECK(quick >= 100);
    CHECK(quick <= 160);
    const Instant slow_start = now;
    const int slow = fail_until(retry, now, slow_start + Duration{60'000}, refused(), lines);
    CHECK(slow >= 50);
    CHECK(slow <= 75);
    const Instant hopeful = now;
    retry.hurry(hopeful);
    CHECK(fail_until(retry, now, hopeful + Duration{30'000}, refused(), lines) >= 100);
    CHECK(fail_until(retry, now, now + Duration{10'000}, refused(), lines) <= 15);
}

TEST_CASE("a repeated failure is said once in 10 s, not at every attempt") {
    Retry retry({.server_count = 1}, kStart);
    std::vector<std::string> lines;
    Instant now = kStart;
    fail_until(retry, now, kStart + Duration{29'000}, refused(), lines);
    REQUIRE(lines.size() == 3);
    CHECK(lines[0] ==
          "attach: connect 10.0.0.1:10809: Connection refused (attempt 1, 0 s so far); trying on "
          "every 0.25 s");
    CHECK(lines[1].find(", 10 s so far)") != std::string::npos);
}

TEST_CASE("a new kind of failure is said at once, also right after another") {
    Retry retry({.server_count = 1}, kStart);
    (void)retry.on_failure(refused(), kStart);
    CHECK(retry.take_line());
    (void)retry.on_pause_over(kStart + Duration{250});
    (void)retry.on_failure(no_such_export(), kStart + Duration{250});
    CHECK(retry.take_line());
    (void)retry.on_pause_over(kStart + Duration{500});
    (void)retry.on_failure(refused(), kStart + Duration{500});
    CHECK_FALSE(retry.take_line());
}

TEST_CASE("a server with another text in every refusal cannot flood the log") {
    Retry retry({.server_count = 1}, kStart);
    int lines = 0;
    for (int i = 0; i < 100; ++i) {
        (void)retry.on_failure(refused(cat("peer ", i)), kStart + Duration{i});
        if (retry.take_line()) ++lines;
    }
    CHECK(lines == 8);
    CHECK(retry.take_unsaid() == "; 92 failures with other words not shown");
    CHECK(retry.take_unsaid().empty());
}

TEST_CASE("the next line says how many failures had none") {
    Retry retry({.server_count = 1}, kStart);
    for (int i = 0; i < 9; ++i) {
        (void)retry.on_failure(refused(cat("peer ", i)), kStart);
        (void)retry.take_line();
    }
    (void)retry.on_failure(refused(), kStart + Duration{10'000});
    CHECK(retry.take_line() ==
          "attach: connect 10.0.0.1:10809: Connection refused (attempt 1, 10 s so far; 1 failure "
          "with other words not shown); trying on every 0.25 s");
    CHECK(retry.take_unsaid().empty());
}

TEST_CASE("a missing export is asked for slowly from the first time on") {
    Retry retry({.server_count = 1}, kStart);
    CHECK(pause_of(retry.on_failure(no_such_export(), kStart), kStart) >= Duration{750});
    const auto line = retry.take_line();
    REQUIRE(line);
    CHECK(line->ends_with("trying on every 1 s"));
}

TEST_CASE("one server without the export does not slow down the search for another") {
    Retry retry({.server_count = 2}, kStart);
    (void)retry.on_failure(no_such_export(), kStart);
    CHECK(pause_of(retry.on_failure(refused(), kStart), kStart) <= Duration{313});
}

TEST_CASE("the second server is tried right after the first, and then the first again") {
    Retry retry({.server_count = 2}, kStart);
    CHECK(retry.on_failure(refused("a"), kStart) == Retry::Action(Retry::Connect{1}));
    const auto pause = retry.on_failure(refused("b"), kStart);
    const Instant later = kStart + pause_of(pause, kStart);
    CHECK(retry.on_pause_over(later) == Retry::Action(Retry::Connect{0}));
}

TEST_CASE("a pause does not last beyond the time to give up") {
    const Instant end = kStart + Duration{100};
    Retry retry({.server_count = 1, .give_up_at = end}, kStart);
    CHECK(retry.on_failure(refused(), kStart) == Retry::Action(Retry::Pause{end}));
}

TEST_CASE("giving up keeps the last failure and says how long it was tried") {
    const Instant end = kStart + Duration{2'000};
    Retry retry({.server_count = 1, .give_up_at = end}, kStart);
    (void)retry.on_failure(refused(), kStart + Duration{1'900});
    const auto action = retry.on_pause_over(end);
    REQUIRE(std::holds_alternative<Retry::GiveUp>(action));
    CHECK(std::get<Retry::GiveUp>(action).error.message() ==
          "connect 10.0.0.1:10809: Connection refused (gave up after 2 s, attempt 1)");
}

TEST_CASE("an attempt that the end cut short does not hide why the others failed") {
    const Instant end = kStart + Duration{2'000};
    Retry retry({.server_count = 1, .give_up_at = end}, kStart);
    (void)retry.on_failure(refused(), kStart + Duration{1'500});
    (void)retry.take_line();
    (void)retry.on_pause_over(kStart + Duration{1'900});
    const auto action = retry.on_failure(
        {.error = {"negotiate", "10.0.0.1:10809", "no answer yet", 0}, .is_cut_short = true}, end);
    REQUIRE(std::holds_alternative<Retry::GiveUp>(action));
    CHECK(std::get<Retry::GiveUp>(action).error.message() ==
          "connect 10.0.0.1:10809: Connection refused (gave up after 2 s, attempt 2)");
    CHECK_FALSE(retry.take_line());
}

TEST_CASE("an attempt that the end cut short is named when it was the only one") {
    Retry retry({.server_count = 1, .give_up_at = kStart + Duration{500}}, kStart);
    const auto action = retry.on_failure(
        {.error = {"connect", "10.0.0.1:10809", "no answer yet", 0}, .is_cut_short = true},
        kStart + Duration{500});
    REQUIRE(std::holds_alternative<Retry::GiveUp>(action));
    CHECK(std::get<Retry::GiveUp>(action).error.reason ==
          "no answer yet (gave up after 0 s, attempt 1)");
}

TEST_CASE("a failure after the time is over is the last one") {
    const Instant end = kStart + Duration{2'000};
    Retry retry({.server_count = 2, .give_up_at = end}, kStart);
    CHECK(std::holds_alternative<Retry::GiveUp>(retry.on_failure(refused(), end)));
    CHECK(retry.take_line()->ends_with("; giving up"));
}

TEST_CASE("machines with different seeds do not come back together") {
    Retry one({.server_count = 1, .seed = 1}, kStart);
    Retry two({.server_count = 1, .seed = 2}, kStart);
    CHECK_FALSE(one.on_failure(refused(), kStart) == two.on_failure(refused(), kStart));
}

TEST_CASE("one of several searches repeats its line as seldom as it was told") {
    const auto count = [](const Retry::Options& options) {
        Retry retry(options, kStart);
        std::vector<std::string> lines;
        Instant now = kStart;
        fail_until(retry, now, kStart + Duration{89'000}, refused(), lines);
        return lines.size();
    };
    CHECK(count({.server_count = 1}) >= 8);
    CHECK(count({.server_count = 1, .repeat_line_after = Duration{30'000}}) == 3);
}

}  // namespace nbdroot::agent::attach
