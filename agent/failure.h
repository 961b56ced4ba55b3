// What process 1 does when a boot has failed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "agent/config/boot_config.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/base/time.h"

namespace nbdroot::agent {

struct FailurePolicy {
    std::optional<config::FailAction> action;   // nbdroot.fail=
    std::optional<std::int32_t> panic_seconds;  // panic=
};

struct FailurePlan {
    enum class Step { shell, wait, reboot, poweroff };
    Step step = Step::wait;
    std::uint32_t delay_seconds = 0;  // of reboot

    bool operator==(const FailurePlan&) const = default;
};

// A shell that the initramfs carries comes first: whoever packed it wants it. Without one panic=N
// counts, as in the kernel: reboot N seconds after the failure, at once where N is negative; 0 or
// none waits. Pure.
[[nodiscard]] FailurePlan plan_after_failure(const FailurePolicy& policy, bool has_shell);

// "what happens next" of the message. Pure.
[[nodiscard]] std::string describe(const FailurePlan& plan);

// Not before this is the boot tried again after a shell: one that ends at once (it cannot run, or
// there is no console to read from) must not make the boot spin. Pure.
[[nodiscard]] Instant next_try_at(Instant shell_started);

// The policy of a command line that is otherwise refused: what its words nbdroot.fail= and panic=
// say, if those can be read.
[[nodiscard]] FailurePolicy policy_of_refused(const std::string& command_line);

// Says ERROR and what happens next, and does it. Returns when the boot is to be tried again.
void act_after_failure(const FailurePolicy& policy, const Error& error, const Log& log);

}  // namespace nbdroot::agent
