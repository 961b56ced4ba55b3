#include "agent/failure.h"

#include "tests/support/catch.h"

using namespace nbdroot::agent;
using config::FailAction;
using Step = FailurePlan::Step;

TEST_CASE("after a failure nbdroot.fail= decides, and panic= where it is not given") {
    const auto [action, panic, expected] =
        GENERATE(table<std::optional<FailAction>, std::optional<std::int32_t>, FailurePlan>({
            {std::nullopt, {}, {Step::console, 0}},
            {std::nullopt, 0, {Step::console, 0}},
            {std::nullopt, 30, {Step::reboot, 30}},
            {std::nullopt, -1, {Step::reboot, 0}},
            {FailAction::shell, {}, {Step::console, 0}},
            {FailAction::shell, 30, {Step::console, 0}},
            {FailAction::shell, -1, {Step::console, 0}},
            {FailAction::reboot, {}, {Step::reboot, 0}},
            {FailAction::reboot, 5, {Step::reboot, 5}},
            {FailAction::reboot, -1, {Step::reboot, 0}},
            {FailAction::poweroff, 5, {Step::poweroff, 0}},
        }));
    CHECK(plan_after_failure({.action = action, .panic_seconds = panic}) == expected);
}

TEST_CASE("every plan says what happens next") {
    const auto [plan, has_shell, text] = GENERATE(table<FailurePlan, bool, const char*>({
        {{Step::console}, true, "a shell is on the console; trying again every 10 s"},
        {{Step::console}, false, "the rescue prompt is on the console; trying again every 10 s"},
        {{Step::reboot, 5}, false, "rebooting in 5 s"},
        {{Step::reboot, 0}, true, "rebooting"},
        {{Step::poweroff}, false, "powering off"},
    }));
    CHECK(describe(plan, has_shell) == text);
}

TEST_CASE("command lines that are refused still say what to do after a failure") {
    using Policy = std::pair<std::optional<FailAction>, std::optional<std::int32_t>>;
    const auto [texts, expected] = GENERATE(table<config::CommandLines, Policy>({
        {{.kernel = "quiet nbdroot=: nbdroot.fail=reboot panic=7 ro"}, {FailAction::reboot, 7}},
        {{.kernel = "nbdroot.fail=explode panic=soon"}, {}},
        {{.defaults = "# once: nbdroot.fail=poweroff panic=9\nnbdroot.fail=reboot\n"},
         {FailAction::reboot, {}}},
        {{.defaults = "\tnbdroot.fail=reboot\npanic=5\nro\n"}, {FailAction::reboot, 5}},
        {{.kernel = "nbdroot.fail=\"reboot\" \"panic=3\""}, {FailAction::reboot, 3}},
        {{.kernel = "init=\"/x nbdroot.fail=reboot\""}, {}},
        {{.defaults = "panic=1", .kernel = "panic=2", .added = "# panic=3\npanic=4\n"}, {{}, 4}},
    }));
    CAPTURE(texts.defaults, texts.kernel);
    const auto policy = policy_of_refused(texts);
    CHECK(policy.action == expected.first);
    CHECK(policy.panic_seconds == expected.second);
}
