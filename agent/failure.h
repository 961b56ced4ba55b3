// What process 1 does when a boot has failed: pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/config/boot_config.h"
#include "agent/config/parse.h"

namespace nbdroot::agent {

struct FailurePolicy {
    std::optional<config::FailAction> action;   // nbdroot.fail=
    std::optional<std::int32_t> panic_seconds;  // panic=
};

struct FailurePlan {
    enum class Step { console, reboot, poweroff };
    Step step = Step::console;
    std::uint32_t delay_seconds = 0;  // of reboot

    bool operator==(const FailurePlan&) const = default;
};

// nbdroot.fail= has the last word. Without it panic=N counts, as in the kernel: reboot N seconds
// after the failure, at once where N is negative; 0 or none: the rescue console.
[[nodiscard]] FailurePlan plan_after_failure(const FailurePolicy& policy);

// "what happens next" of the message. HAS_SHELL: what the console will be.
[[nodiscard]] std::string describe(const FailurePlan& plan, bool has_shell);

// The policy of command lines that are otherwise refused: what its words nbdroot.fail= and panic=
// say, if those can be read.
[[nodiscard]] FailurePolicy policy_of_refused(const config::CommandLines& texts);

}  // namespace nbdroot::agent
