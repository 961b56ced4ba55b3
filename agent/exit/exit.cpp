#include "agent/exit/exit.h"

#include <optional>
#include <string>
#include <string_view>

#include "agent/exit/farewell.h"
#include "agent/exit/limit.h"
#include "agent/exit/processes.h"
#include "agent/exit/release.h"
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
    "       shutdown --ending VERB    tells the resident process that the machine is about to end\n"
    "       shutdown --read-only      makes the root file system read-only although it is in use\n"
    "Exit status: 0 done, 1 not done, 2 wrong usage.\n";

ExitStatus refuse(std::string_view reason) {
    sys::write_to_standard_error(cat("shutdown: ", reason, "\n"));
    return ExitStatus::wrong_usage;
}

Place find_place() {
    const bool pivoted = sys::is_first_process() && sys::is_mount_point(std::string(kOldRoot));
    return pivoted ? Place::pivoted : Place::inside;
}

// Without a resident process, or with one that wrote nothing: what lies at the root says it.
Status read_status(Place place) {
    const auto text = sys::read_text_file("/run/nbdroot/status.json");
    const auto status = text ? parse_status(*text) : std::nullopt;
    if (status) return *status;
    const auto lines = sys::read_text_file("/proc/self/mountinfo");
    const auto table = lines ? parse_mount_table(*lines) : Result<std::vector<Mount>>();
    Status guess;
    for (const Mount& mount : table.value_or(std::vector<Mount>())) {
        if (mount.point != (place == Place::pivoted ? kOldRoot : "/")) continue;
        guess.disk = disk_of_source(mount.source).value_or("");
    }
    return guess;
}

// The kernel makes at most 15 partitions of an nbd device.
Disk look_up(const std::string& name) {
    Disk disk{.name = name, .numbers = {}};
    if (name.empty()) return disk;
    const std::string folder = "/sys/class/block/" + name;
    for (int partition = 0; partition <= 15; ++partition) {
        const std::string path = partition == 0 ? folder : cat(folder, "p", partition);
        const auto number = sys::read_text_file(path + "/dev");
        if (number) disk.numbers.push_back(number->substr(0, number->find('\n')));
    }
    return disk;
}

// All but the end of the machine.
ExitStatus close_down(const Status& status, Place place, const Log& log) {
    end_processes(place, log);
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

ExitStatus end(MachineEnd how, const Log& log) {
    const Place place = find_place();
    const Status status = read_status(place);
    log.info(cat("shutdown: ", base::name_of(how), ", ",
                 status.disk.empty() ? "no nbd device" : "root on /dev/" + status.disk));
    const auto announced = announce(how);
    if (!announced) {
        if (is_connected(status.disk)) {
            log.warning(cat("shutdown: ", announced.error().message(),
                            "; keeping watch over the time without the resident process"));
        }
        limit_time(how, status.limit_seconds, log);
    }
    (void)close_down(status, place, log);
    log.info(cat("shutdown: ", base::name_of(how), " now"));
    const Error error = sys::end_machine_now(how);
    // A halted machine goes on to run whoever asked for it, if that was not process 1.
    if (how != MachineEnd::halt) log.error("shutdown: " + error.message());
    sys::pause_for_ever();
}

ExitStatus finish(const Log& log) {
    return close_down(read_status(Place::inside), Place::inside, log);
}

ExitStatus tell_ending(std::string_view verb, const Log& log) {
    const auto how = base::parse_machine_end(verb);
    if (!how) return refuse(cat("unknown verb '", verb, "'"));
    const auto announced = announce(*how);
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

}  // namespace

ExitStatus run(std::span<const char* const> arguments) {
    if (arguments.size() < 2) return refuse("which end? --help lists them");
    const std::string_view word = arguments[1];
    if (word == "--help") {
        sys::write_to_standard_output(kHelp);
        return ExitStatus::done;
    }
    (void)sys::block_all_signals();
    const report::KernelLog kernel_log;
    const Log log{Level::info, [&kernel_log](Level level, std::string_view line) {
                      kernel_log.write(level, line);
                  }};
    if (word == "--ending" && arguments.size() == 3) return tell_ending(arguments[2], log);
    if (word == "--finish") return finish(log);
    if (word == "--read-only") return make_read_only(log);
    const auto how = base::parse_machine_end(word);
    if (how) return end(*how, log);
    return refuse(cat("unknown word '", word, "'; --help lists what there is"));
}

}  // namespace nbdroot::agent::exit
