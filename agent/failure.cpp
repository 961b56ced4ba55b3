#include "agent/failure.h"

#include <chrono>

#include "agent/config/parse.h"
#include "agent/root/root.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/mount.h"
#include "lib/sys/program.h"
#include "lib/sys/reboot.h"

namespace nbdroot::agent {
namespace {

constexpr const char* kShell = "/bin/sh";

constexpr Duration kShortestShell{5'000};

[[noreturn]] void give_up(const Error& error, const Log& log) {
    log.error(error.message() + "; waiting for a reset");
    sys::pause_for_ever();
}

void run_shell(const Error& error, const Log& log) {
    const Instant started = sys::now();
    const auto ended = sys::run_on_console({.path = kShell,
                                            .arguments = {},
                                            .environment = {"NBDROOT_ERROR=" + error.message(),
                                                            "PATH=/usr/sbin:/usr/bin:/sbin:/bin"}});
    if (!ended) give_up(ended.error(), log);
    log.info("boot: the shell has ended; trying again");
    sys::pause_until(next_try_at(started));
}

[[noreturn]] void end(sys::MachineEnd how, const Log& log) {
    static_cast<void>(sys::detach_mount(root::kNewRoot));  // written back, if it was mounted
    give_up(sys::end_machine(how), log);
}

}  // namespace

FailurePlan plan_after_failure(const FailurePolicy& policy, bool has_shell) {
    const std::int32_t panic = policy.panic_seconds.value_or(0);
    const std::uint32_t delay = panic > 0 ? static_cast<std::uint32_t>(panic) : 0;
    using config::FailAction;
    const FailAction usual = panic != 0 ? FailAction::reboot : FailAction::shell;
    switch (policy.action.value_or(usual)) {
        case config::FailAction::poweroff:
            return {.step = FailurePlan::Step::poweroff};
        case config::FailAction::reboot:
            return {.step = FailurePlan::Step::reboot, .delay_seconds = delay};
        case config::FailAction::shell:
            break;
    }
    if (has_shell) return {.step = FailurePlan::Step::shell};
    if (panic != 0) return {.step = FailurePlan::Step::reboot, .delay_seconds = delay};
    return {.step = FailurePlan::Step::wait};
}

std::string describe(const FailurePlan& plan) {
    switch (plan.step) {
        case FailurePlan::Step::shell:
            return "starting a shell; when it ends the boot is tried again";
        case FailurePlan::Step::wait:
            return "there is no shell in this initramfs, waiting for a reset: mend the kernel "
                   "command line, or let panic=SECONDS reboot the machine";
        case FailurePlan::Step::reboot:
            return plan.delay_seconds == 0 ? "rebooting"
                                           : cat("rebooting in ", plan.delay_seconds, " s");
        case FailurePlan::Step::poweroff:
            return "powering off";
    }
    return {};
}

Instant next_try_at(Instant shell_started) { return shell_started + kShortestShell; }

FailurePolicy policy_of_refused(const std::string& command_line) {
    FailurePolicy policy;
    for (const std::string_view word : base::split(command_line, ' ')) {
        if (!word.starts_with("nbdroot.fail=") && !word.starts_with("panic=")) continue;
        // The one parser of these words is the command line's own, which wants a target too.
        const auto config = config::parse_command_line(cat("nbdroot=127.0.0.1 ", word));
        if (!config) continue;
        if (word.starts_with("panic=")) {
            policy.panic_seconds = config->panic_seconds;
        } else {
            policy.action = config->fail;
        }
    }
    return policy;
}

void act_after_failure(const FailurePolicy& policy, const Error& error, const Log& log) {
    const bool has_shell = sys::check_program("/", kShell).has_value();
    const FailurePlan plan = plan_after_failure(policy, has_shell);
    log.error(cat("boot failed: ", error.message(), "; ", describe(plan)));
    switch (plan.step) {
        case FailurePlan::Step::shell:
            return run_shell(error, log);
        case FailurePlan::Step::wait:
            sys::pause_for_ever();
        case FailurePlan::Step::reboot:
        case FailurePlan::Step::poweroff:
            sys::pause_until(sys::now() + std::chrono::seconds(plan.delay_seconds));
            end(plan.step == FailurePlan::Step::reboot ? sys::MachineEnd::reboot
                                                       : sys::MachineEnd::poweroff,
                log);
    }
}

}  // namespace nbdroot::agent
