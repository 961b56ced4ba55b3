#include "agent/resident/watchdog.h"

#include <utility>

#include "lib/base/text.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Duration kInterval{1'000};

}  // namespace

Watchdog::Watchdog(io::Loop& loop, std::uint32_t stall_seconds, const sys::Directory* block,
                   OnUseless on_useless)
    : loop_(loop),
      block_(block),
      on_useless_(std::move(on_useless)),
      stall_seconds_(stall_seconds),
      stall_(std::chrono::seconds(stall_seconds)),
      timer_(loop.timer([this] { look(); })) {}

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
    if (stall_seconds_ == 0 || block_ == nullptr) return std::nullopt;
    const auto text = block_->read_text_file("stat");
    const auto counts = text ? parse_block_counts(*text) : std::nullopt;
    if (!counts || !stall_.is_stalled(*counts, loop_.now())) return std::nullopt;
    return cat("no request was answered for ", stall_seconds_, " s (nbdroot.timeout), ",
               counts->in_flight, " wait");
}

}  // namespace nbdroot::agent::resident
