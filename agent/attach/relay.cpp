#include "agent/attach/relay.h"

#include <utility>

#include "lib/sys/stream.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::size_t kBufferBytes = 256 << 10;  // each way; locked into memory

// What a server gets to close its end after the kernel's last word.
constexpr Duration kFarewellLimit{10'000};

constexpr auto kKernelName = "the kernel's nbd socket";

}  // namespace

Relay::Relay(io::Loop& loop, sys::Fd kernel, sys::Fd server, std::string server_name)
    : loop_(loop),
      kernel_(std::move(kernel)),
      server_(std::move(server)),
      requests_{.from = kernel_.get(),
                .to = server_.get(),
                .from_name = kKernelName,
                .to_name = server_name,
                .buffer = RelayBuffer(kBufferBytes)},
      replies_{.from = server_.get(),
               .to = kernel_.get(),
               .from_name = std::move(server_name),
               .to_name = kKernelName,
               .buffer = RelayBuffer(kBufferBytes)},
      farewell_(loop.timer([this] { stop(End::by_kernel); })) {}

Result<Relay::End> Relay::run() {
    kernel_watch_ =
        NBDROOT_TRY(loop_.watch(kernel_.get(), {.readable = true},
                                [this](io::Ready ready) { on_ready(requests_, replies_, ready); }));
    server_watch_ =
        NBDROOT_TRY(loop_.watch(server_.get(), {.readable = true},
                                [this](io::Ready ready) { on_ready(replies_, requests_, ready); }));
    NBDROOT_CHECK(loop_.run());
    return std::move(*end_);
}

// One socket is ready: IN comes from it, OUT goes to it. What was read is offered to the other side
// at once; only what that side does not take waits for its readiness.
void Relay::on_ready(Direction& in, Direction& out, io::Ready ready) {
    if (end_) return;
    if (ready.readable && in.wants_input()) {
        if (auto filled = fill(in); !filled) return stop(fail(std::move(filled).error()));
        if (auto drained = drain(in); !drained) return stop(fail(std::move(drained).error()));
    }
    if (ready.writable) {
        if (auto drained = drain(out); !drained) return stop(fail(std::move(drained).error()));
    }
    settle();
}

Result<void> Relay::fill(Direction& direction) {
    const auto moved = NBDROOT_TRY(
        sys::receive_some(direction.from, direction.buffer.space(), direction.from_name));
    if (!moved) return {};
    if (*moved == 0) direction.ended = true;
    direction.buffer.filled(*moved);
    return {};
}

Result<void> Relay::drain(Direction& direction) {
    if (!direction.buffer.is_empty()) {
        const auto moved = NBDROOT_TRY(
            sys::send_some(direction.to, direction.buffer.content(), direction.to_name));
        direction.buffer.drained(moved.value_or(0));
    }
    if (direction.ended && direction.buffer.is_empty() && !direction.shut) {
        direction.shut = true;
        NBDROOT_CHECK(sys::shut_down_sending(direction.to, direction.to_name));
    }
    return {};
}

// After each event: is it over, and what is worth waiting for?
void Relay::settle() {
    if (replies_.shut) return stop(requests_.ended ? End::by_kernel : End::by_server);
    if (requests_.shut && !std::exchange(leaving_, true)) {
        farewell_->arm(loop_.now() + kFarewellLimit);
    }
    kernel_watch_->set_interest(
        {.readable = requests_.wants_input(), .writable = !replies_.buffer.is_empty()});
    server_watch_->set_interest(
        {.readable = replies_.wants_input(), .writable = !requests_.buffer.is_empty()});
}

// Once the kernel has shut its socket down, nothing that breaks is news.
void Relay::stop(Result<End> end) {
    if (!end && requests_.ended) end = End::by_kernel;
    if (!end_) end_ = std::move(end);
    loop_.stop();
}

}  // namespace nbdroot::agent::attach
