#include "agent/exit/exit.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/exit/call.h"
#include "agent/exit/farewell.h"
#include "agent/exit/limit.h"
#include "agent/exit/processes.h"
#include "agent/exit/release.h"
#include "agent/exit/root_disk.h"
#include "agent/exit/warm_up.h"
#include "agent/report/kernel_log.h"
#include "lib/base/text.h"
#include "lib/sys/block_device.h"
#include "lib/sys/clock.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"
#include "lib/sys/mount.h"
#include "lib/sys/process.h"
#include "lib/sys/program.h"
#include "lib/sys/reboot.h"

namespace nbdroot::agent::exit {
namespace {

constexpr std::string_view kHelp =
    "usage: shutdown poweroff | reboot | halt | kexec   ends the machine, its root clean and the "
    "server told\n"
    "       shutdown --finish         the same without the end, for an init that ends the machine\n"
    "       shutdown --ending VERB    tells the resident process that the machine is about to "
    "end;\n"
    "                                 none: that it is not after all\n"
    "       shutdown --read-only      makes the root file system read-only although it is in use\n"
    "Exit status: 0 done, 1 not done, 2 wrong usage.\n";

Place find_place() {
    const bool pivoted = sys::is_first_process() && sys::is_mount_point(std::string(kOldRoot));
    return pivoted ? Place::pivoted : Place::inside;
}

// What is left once the processes have ended, but for the end of the machine.
ExitStatus close_down(const Status& status, Place place, const Log& log) {
    const Cleanness cleanness = release(look_up(status.disk), place, log);
    if (status.disk.empty()) return ExitStatus::done;
    if (cleanness == Cleanness::dirty) {
        log.error(cat("shutdown: not disconnecting /dev/", status.disk,
                      ": it is not clean; its journal will be replayed"));
        return ExitStatus::failed;
    }
    if (place == Place::inside) keep_first_process_running();
    disconnect(status, log);
    return ExitStatus::done;
}

// A process that watches the time where the resident does not.
std::optional<pid_t> find_watcher(MachineEnd how, const Status& status, const Log& log) {
    const auto announced = announce(how);
    if (announced) return std::nullopt;
    // Without a device nothing takes long; where it is over, so is its resident process.
    if (!status.disk.empty() && !is_over(status.disk)) {
        log.warning(cat("shutdown: ", announced.error().message(),
                        "; keeping watch over the time without the resident process"));
    }
    return limit_time(how, status.limit_seconds, log);
}

ExitStatus end(MachineEnd how, const Log& log) {
    const Place place = find_place();
    const Status status = read_status(place);
    log.info(cat("shutdown: ", base::name_of(how), ", ",
                 status.disk.empty() ? "no nbd device" : "root on /dev/" + status.disk));
    std::vector<pid_t> ours{sys::own_process()};
    if (const auto watcher = find_watcher(how, status, log)) ours.push_back(*watcher);
    end_processes(place, ours, log);
    stop_waiting_processes(ours);
    (void)close_down(status, place, log);
    log.info(cat("shutdown: ", base::name_of(how), " now"));
    const Error error = sys::end_machine_now(how);
    // A halted machine goes on to run whoever asked for it, if that was not process 1.
    if (how != MachineEnd::halt) log.error("shutdown: " + error.message());
    sys::pause_for_ever();
}

ExitStatus finish(const Log& log) {
    end_processes(Place::inside, {sys::own_process()}, log);
    return close_down(read_status(Place::inside), Place::inside, log);
}

ExitStatus tell_ending(const Call& call, const Log& log) {
    const auto announced = announce(call.revokes ? std::nullopt : std::optional(call.how));
    if (announced) return ExitStatus::done;
    log.warning("shutdown: " + announced.error().message());
    return ExitStatus::failed;
}

ExitStatus make_read_only(const Log& log) {
    const Status status = read_status(Place::inside);
    if (status.disk.empty()) return ExitStatus::done;
    sys::write_back_all();
    return force_read_only(look_up(status.disk), log) ? ExitStatus::done : ExitStatus::failed;
}

ExitStatus follow(const Call& call, const Log& log) {
    if (!call.complaint.empty()) log.warning("shutdown: " + call.complaint);
    if (call.task == Task::announce) return tell_ending(call, log);
    if (call.task == Task::finish) return finish(log);
    if (call.task == Task::read_only) return make_read_only(log);
    return end(call.how, log);
}

}  // namespace

ExitStatus run(std::span<const char* const> arguments) {
    const Call call = parse_call(
        arguments, {.is_first_process = sys::is_first_process(), .is_root = sys::is_root()});
    if (call.task == Task::help) {
        sys::write_to_standard_output(kHelp);
        return ExitStatus::done;
    }
    if (call.task == Task::refuse) {
        sys::write_to_standard_error(cat("shutdown: ", call.complaint, "\n"));
        return call.status;
    }
    (void)sys::block_all_signals();
    const report::KernelLog kernel_log;
    return follow(call, Log{Level::info, [&kernel_log](Level level, std::string_view line) {
                                kernel_log.write(level, line);
                            }});
}

}  // namespace nbdroot::agent::exit
