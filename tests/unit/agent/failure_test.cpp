#include "agent/failure.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent;
using config::FailAction;
using Step = FailurePlan::Step;

TEST_CASE("after a failure nbdroot.fail=, panic= and the shell decide in this order") {
    const auto [action, panic, has_shell, expected] =
        GENERATE(table<FailAction, std::optional<std::int32_t>, bool, FailurePlan>({
            {FailAction::shell, {}, true, {Step::shell, 0}},
            {FailAction::shell, 30, true, {Step::shell, 0}},
            {FailAction::shell, {}, false, {Step::wait, 0}},
            {FailAction::shell, 0, false, {Step::wait, 0}},
            {FailAction::shell, 30, false, {Step::reboot, 30}},
            {FailAction::shell, -1, false, {Step::reboot, 0}},
            {FailAction::reboot, {}, true, {Step::reboot, 0}},
            {FailAction::reboot, 5, true, {Step::reboot, 5}},
            {FailAction::reboot, -1, false, {Step::reboot, 0}},
            {FailAction::poweroff, 5, true, {Step::poweroff, 0}},
        }));
    CHECK(plan_after_failure({.action = action, .panic_seconds = panic}, has_shell) == expected);
}

TEST_CASE("every plan says what happens next") {
    for (const Step step : {Step::shell, Step::wait, Step::reboot, Step::poweroff}) {
        CHECK_FALSE(describe(FailurePlan{.step = step}).empty());
    }
    CHECK(describe(FailurePlan{.step = Step::reboot, .delay_seconds = 5}) == "rebooting in 5 s");
}

TEST_CASE("a shell that ends at once does not make the boot spin") {
    const nbdroot::Instant started{nbdroot::Duration{60'000}};
    CHECK(next_try_at(started) >= started + std::chrono::seconds(1));
    CHECK(next_try_at(started) <= started + std::chrono::seconds(10));
}

TEST_CASE("a refused command line still says what to do after a failure") {
    const auto policy = policy_of_refused("quiet nbdroot=: nbdroot.fail=reboot panic=7 ro");
    CHECK(policy.action == FailAction::reboot);
    CHECK(policy.panic_seconds == 7);
    const auto wrong = policy_of_refused("nbdroot.fail=explode panic=soon");
    CHECK(wrong.action == FailAction::shell);
    CHECK_FALSE(wrong.panic_seconds.has_value());
}
