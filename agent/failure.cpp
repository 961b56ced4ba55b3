#include "agent/failure.h"

#include "agent/config/word.h"
#include "agent/rescue/console.h"
#include "lib/base/text.h"

namespace nbdroot::agent {

FailurePlan plan_after_failure(const FailurePolicy& policy) {
    using config::FailAction;
    const std::int32_t panic = policy.panic_seconds.value_or(0);
    const std::uint32_t delay = panic > 0 ? static_cast<std::uint32_t>(panic) : 0;
    const FailAction usual = panic != 0 ? FailAction::reboot : FailAction::shell;
    switch (policy.action.value_or(usual)) {
        case FailAction::poweroff:
            return {.step = FailurePlan::Step::poweroff};
        case FailAction::reboot:
            return {.step = FailurePlan::Step::reboot, .delay_seconds = delay};
        case FailAction::shell:
            break;
    }
    return {.step = FailurePlan::Step::console};
}

std::string describe(const FailurePlan& plan, bool has_shell) {
    switch (plan.step) {
        case FailurePlan::Step::console:
            return cat(has_shell ? "a shell" : "the rescue prompt",
                       " is on the console; trying again every ",
                       rescue::kRetryInterval.count() / 1000, " s");
        case FailurePlan::Step::reboot:
            return plan.delay_seconds == 0 ? "rebooting"
                                           : cat("rebooting in ", plan.delay_seconds, " s");
        case FailurePlan::Step::poweroff:
            return "powering off";
    }
    return {};
}

FailurePolicy policy_of_refused(const config::CommandLines& texts) {
    FailurePolicy policy;
    const std::string text = cat(config::without_comments(texts.defaults), ' ', texts.kernel, ' ',
                                 config::without_comments(texts.added));
    for (const config::Word& word : config::split_words(text)) {
        if (word.name != "nbdroot.fail" && word.name != "panic") continue;
        // The one parser of these words is the command line's own, which wants a target too.
        const auto config =
            config::parse_command_line(cat("nbdroot=127.0.0.1 ", config::joined(word)));
        if (!config) continue;
        if (word.name == "panic") {
            policy.panic_seconds = config->panic_seconds;
        } else {
            policy.action = config->fail;
        }
    }
    return policy;
}

}  // namespace nbdroot::agent
