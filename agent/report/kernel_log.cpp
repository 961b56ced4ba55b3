#include "agent/report/kernel_log.h"

#include <fcntl.h>

#include <string>

#include "agent/report/line.h"
#include "lib/sys/clock.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::report {
namespace {

constexpr int kShowsNothing = 0;
constexpr int kShowsEverything = 8;
constexpr int kKernelDefault = 7;  // CONSOLE_LOGLEVEL_DEFAULT

// printk.devkmsg=off on the command line locks the setting: the kernel then takes every write to
// /dev/kmsg and drops it.
bool kmsg_drops_lines() {
    static const std::string kSetting = "/proc/sys/kernel/printk_devkmsg";
    static_cast<void>(sys::write_control_file(kSetting, "on\n"));
    const auto setting = sys::read_text_file(kSetting);
    return setting && setting->starts_with("off");
}

int find_console_level() {
    if (kmsg_drops_lines()) return kShowsNothing;
    const auto ignore = sys::read_text_file("/sys/module/printk/parameters/ignore_loglevel");
    if (ignore && ignore->starts_with('Y')) return kShowsEverything;
    const auto printk = sys::read_text_file("/proc/sys/kernel/printk");
    if (!printk) return kKernelDefault;
    return parse_console_level(*printk).value_or(kKernelDefault);
}

}  // namespace

KernelLog::KernelLog()
    : console_level_(find_console_level()), stderr_is_console_(sys::standard_error_is_console()) {
    if (auto kmsg = sys::open_file("/dev/kmsg", O_WRONLY)) kmsg_ = std::move(*kmsg);
}

bool KernelLog::is_on_console(Level level) const {
    return stderr_is_console_ && console_shows(console_level_, level);
}

void KernelLog::write(Level level, std::string_view text) const {
    const std::string line = format_line(sys::now(), text);
    const bool recorded =
        kmsg_ && sys::write_once(kmsg_.get(), format_record(level, line), "/dev/kmsg");
    if (!recorded || !is_on_console(level)) sys::write_to_standard_error(line + '\n');
}

}  // namespace nbdroot::agent::report
