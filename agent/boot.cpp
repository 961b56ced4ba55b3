// A boot is tried until it succeeds: what happens between the tries.
#include "agent/boot.h"

#include <cerrno>
#include <chrono>
#include <vector>

#include "agent/failure.h"
#include "agent/handover/network.h"
#include "agent/hardware.h"
#include "agent/report/kernel_log.h"
#include "agent/report/said.h"
#include "agent/rescue/console.h"
#include "agent/rescue/leave.h"
#include "agent/rescue/prompt.h"
#include "agent/root/handover.h"
#include "agent/root/root.h"
#include "agent/stages.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/reboot.h"

namespace nbdroot::agent {
namespace {

Log make_log(const report::KernelLog& kernel_log) {
    return {Level::info,
            [&kernel_log](Level level, std::string_view line) { kernel_log.write(level, line); }};
}

Log make_hushed_log(const report::KernelLog& kernel_log, report::Said& said) {
    return {Level::info, [&](Level level, std::string_view line) {
                if (said.passes(line)) kernel_log.write(level, line);
            }};
}

[[noreturn]] void give_up(const Error& error, const Log& log) {
    log.error(error.message() + "; waiting for a reset");
    sys::pause_for_ever();
}

[[noreturn]] void end(const FailurePlan& plan, const Log& log) {
    sys::pause_until(sys::now() + std::chrono::seconds(plan.delay_seconds));
    const bool off = plan.step == FailurePlan::Step::poweroff;
    give_up(rescue::leave(off ? sys::MachineEnd::poweroff : sys::MachineEnd::reboot,
                          [&log](std::string_view line) { log.error(std::string(line)); }),
            log);
}

Error try_once(Stages& stages, rescue::Console& console, report::Said& said) {
    auto prepared = stages.prepare();
    if (!prepared) return std::move(prepared).error();
    said.hush(false);
    console.close();
    return stages.enter();
}

// Until the next try is due. What that one repeats is not said again, unless somebody asked for it.
void wait_beside(rescue::Console& console, const Error& error, report::Said& said) {
    console.open(error.message());
    said.hush(console.wait_until(sys::now() + rescue::kRetryInterval));
}

[[noreturn]] void try_for_ever(Stages& stages, rescue::Console& console, const Log& log,
                               report::Said& said) {
    for (;;) {
        const Error error = try_once(stages, console, said);
        if (error.code == ECANCELED) {
            said.hush(false);
            continue;
        }
        stages.record_failure(error);
        const FailurePlan plan = plan_after_failure(stages.failure_policy());
        log.error(cat("boot failed: ", error.message(), "; ", describe(plan, rescue::has_shell())));
        if (plan.step != FailurePlan::Step::console) end(plan, log);
        wait_beside(console, error, said);
    }
}

}  // namespace

void boot() {
    const std::vector<Error> early = root::mount_basics();
    sys::set_flow_control(0, sys::FlowControl::off);
    const report::KernelLog kernel_log;
    report::Said said;
    Log plain = make_log(kernel_log);
    Log log = make_hushed_log(kernel_log, said);
    log.info(cat("start nbdroot-agent " NBDROOT_VERSION ", Linux ",
                 first_line("/proc/sys/kernel/osrelease")));
    for (const Error& error : early) log.error(error.message() + "; going on without it");
    const auto loop = io::make_epoll_loop();
    if (!loop) give_up(loop.error(), log);
    rescue::Console console(**loop, log);
    Stages stages({.loop = **loop,
                   .log = log,
                   .resident_log = plain,
                   .console = &console,
                   .last_words = [&said] { return said.last(); }});
    try_for_ever(stages, console, log, said);
}

void hand_over(const std::string& root, const std::string& init) {
    const report::KernelLog kernel_log;
    const auto status = sys::read_text_file("/run/nbdroot/status.json");
    const bool by_ioctl = status && status->find(R"("attach":"ioctl")") != std::string::npos;
    const Log log = make_log(kernel_log);
    root::hand_over({.root = root, .init = init, .by_ioctl = by_ioctl}, log);
    const auto network = handover::find_network();
    if (!network) return log.warning(network.error().message() + "; nobody is told of it");
    handover::hand_over_network({.root = root, .network = *network}, log);
}

ExitStatus attach_only(const AttachOnly& options) {
    const report::KernelLog kernel_log;
    Log log = make_log(kernel_log);
    const auto loop = io::make_epoll_loop();
    if (!loop) {
        log.error(cat("attach failed: ", loop.error().message(), "; giving up"));
        return ExitStatus::failed;
    }
    Stages stages({.loop = **loop, .log = log, .resident_log = log});
    const auto device = stages.attach(options.with_network);
    if (!device) {
        stages.record_failure(device.error());
        log.error(cat("attach failed: ", device.error().message(), "; giving up"));
        return stages.has_config() ? ExitStatus::failed : ExitStatus::wrong_usage;
    }
    sys::write_to_standard_output(*device + '\n');
    return ExitStatus::done;
}

}  // namespace nbdroot::agent
