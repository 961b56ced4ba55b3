#include "agent/exit/processes.h"

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/process.h"
#include "lib/sys/process_list.h"

namespace nbdroot::agent::exit {
namespace {

constexpr Duration kTermLimit{5'000};
constexpr Duration kKillLimit{2'000};
// They are nobody's children here, so nothing tells of their end.
constexpr Duration kLook{20};

std::vector<pid_t> find(Place place, const std::vector<pid_t>& ours) {
    const auto all = sys::list_processes();
    return all ? processes_to_end(*all, ours, place) : std::vector<pid_t>();
}

// How many are left when none is, or the time is over.
std::size_t wait_for_end(Place place, const std::vector<pid_t>& ours, Duration limit) {
    const Instant until = sys::now() + limit;
    for (;;) {
        const std::size_t left = find(place, ours).size();
        if (left == 0 || sys::now() >= until) return left;
        sys::pause_until(sys::now() + kLook);
    }
}

}  // namespace

void end_processes(Place place, const std::vector<pid_t>& ours, const Log& log) {
    if (place == Place::inside) {
        const auto asked = find(place, ours);
        for (const pid_t pid : asked) sys::ask_to_end(pid);
        if (!asked.empty()) log.info(cat("shutdown: asked ", asked.size(), " processes to end"));
        if (wait_for_end(place, ours, kTermLimit) == 0) return;
    }
    for (const pid_t pid : find(place, ours)) sys::kill_process(pid);
    const std::size_t left = wait_for_end(place, ours, kKillLimit);
    if (left > 0) log.warning(cat("shutdown: ", left, " processes do not end; going on"));
}

void stop_waiting_processes(const std::vector<pid_t>& ours) {
    const auto all = sys::list_processes();
    if (!all) return;
    for (const pid_t pid : processes_to_stop(*all, ours)) sys::stop_process(pid);
}

}  // namespace nbdroot::agent::exit
