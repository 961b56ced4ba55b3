#include "agent/resident/watchdog.h"

#include <utility>

#include "lib/base/text.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Duration kInterval{1'000};

}  // namespace

Watchdog::Watchdog(io::Loop& loop, std::uint32_t stall_seconds, Requests requests,
                   OnUseless on_useless)
    : loop_(loop),
      requests_(std::move(requests)),
      on_useless_(std::move(on_useless)),
      stall_seconds_(stall_seconds),
      stall_(std::chrono::seconds(stall_seconds)),
      timer_(loop.timer([this] { look(); })) {}

void Watchdog::set_stall_seconds(std::uint32_t seconds) {
    stall_seconds_ = seconds;
    stall_ = StallRule(std::chrono::seconds(seconds));
}

void Watchdog::watch(int socket) {
    const bool begins = socket >= 0 && socket_ < 0;
    socket_ = socket;
    if (socket < 0) return timer_->cancel();
    if (!begins) return;
    silence_.reset();
    stall_.reset();
    timer_->arm(loop_.now() + kInterval);
}

void Watchdog::look() {
    timer_->arm(loop_.now() + kInterval);
    if (auto fault = find_fault()) on_useless_(std::move(*fault));
}

std::optional<std::string> Watchdog::find_fault() {
    const auto info = sys::tcp_info(socket_, "");
    if (info && silence_.is_dead(*info, loop_.now())) {
        return cat("nothing heard for ", kSilenceLimit / std::chrono::seconds(1),
                   " s, though something waits for an answer");
    }
    return stall_seconds_ == 0 ? std::nullopt : find_stall();
}

std::optional<std::string> Watchdog::find_stall() {
    const Duration limit = std::chrono::seconds(stall_seconds_);
    const auto oldest = requests_.relay ? requests_.relay() : std::nullopt;
    if (oldest && is_overdue(*oldest, limit)) {
        return cat("a request has waited ", oldest->waits / std::chrono::seconds(1), " s, ",
                   stall_seconds_, " s are allowed (timeout); ", oldest->in_flight, " wait");
    }
    if (requests_.relay || requests_.block == nullptr) return std::nullopt;
    const auto text = requests_.block->read_text_file("stat");
    const auto counts = text ? parse_block_counts(*text) : std::nullopt;
    if (!counts || !stall_.is_stalled(*counts, loop_.now())) return std::nullopt;
    return cat("no request was answered for ", stall_seconds_, " s (timeout), ", counts->in_flight,
               " wait");
}

}  // namespace nbdroot::agent::resident
