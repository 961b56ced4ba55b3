#include "agent/exit/limit.h"

#include <chrono>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/process.h"
#include "lib/sys/reboot.h"

namespace nbdroot::agent::exit {
namespace {

// '@': spared by whoever ends processes now.
constexpr std::string_view kName = "@nbdroot-limit";

int watch(MachineEnd how, std::uint32_t seconds, const Log& log) {
    (void)sys::block_all_signals();
    (void)sys::rename_process(kName);
    (void)sys::lock_memory();
    sys::pause_until(sys::now() + std::chrono::seconds(seconds));
    log.error(cat("shutdown: not done after ", seconds, " s; ", base::name_of(how), " now"));
    log.error(sys::end_machine_now(how).message());
    return 1;
}

}  // namespace

void limit_time(MachineEnd how, std::uint32_t seconds, const Log& log) {
    if (seconds == 0) return;
    const auto child = sys::fork_child([&] { return watch(how, seconds, log); });
    if (!child) log.warning(cat("shutdown: ", child.error().message(), "; without a time limit"));
}

}  // namespace nbdroot::agent::exit
