#include "agent/exit/limit.h"

#include <chrono>

#include "agent/exit/write_back.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "lib/sys/reboot.h"

namespace nbdroot::agent::exit {
namespace {

// '@': spared by whoever ends processes now.
constexpr std::string_view kName = "@nbdroot-limit";

constexpr Duration kLook{1'000};

std::optional<std::uint64_t> look() {
    const auto text = sys::read_text_file("/proc/meminfo");
    return text ? kib_to_write(*text) : std::nullopt;
}

int watch(MachineEnd how, std::uint32_t seconds, const Log& log) {
    (void)sys::block_all_signals();
    (void)sys::rename_process(kName);
    (void)sys::lock_memory();
    Patience patience(std::chrono::seconds(seconds), sys::now());
    while (!patience.is_over(look(), sys::now())) sys::pause_until(sys::now() + kLook);
    log.error(
        cat("shutdown: nothing was written for ", seconds, " s; ", base::name_of(how), " now"));
    log.error(sys::end_machine_now(how).message());
    return 1;
}

}  // namespace

std::optional<pid_t> limit_time(MachineEnd how, std::uint32_t seconds, const Log& log) {
    if (seconds == 0) return std::nullopt;
    const auto child = sys::fork_child([&] { return watch(how, seconds, log); });
    if (child) return *child;
    log.warning(cat("shutdown: ", child.error().message(), "; without a time limit"));
    return std::nullopt;
}

}  // namespace nbdroot::agent::exit
