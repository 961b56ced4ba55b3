#include "agent/network/lease_keeper.h"

#include <utility>

#include "agent/network/lease_change.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/protocol/dhcp4/schedule.h"

namespace nbdroot::agent::network {

namespace dhcp4 = protocol::dhcp4;

namespace {

// After a socket could not be opened.
constexpr Duration kErrorPause{5'000};

std::string seconds_text(std::uint32_t seconds) {
    return seconds == dhcp4::kForEver ? "for ever" : cat("for ", seconds, " s");
}

}  // namespace

LeaseKeeper::LeaseKeeper(io::Loop& loop, const Log& log, NetworkKeeper& network, HeldLease held,
                         OnLease on_lease)
    : loop_(loop),
      log_(log),
      network_(network),
      options_(std::move(held.options)),
      lease_(std::move(held.lease)),
      on_lease_(std::move(on_lease)),
      owner_timer_(loop.timer([this] { take_change(owner_.on_time(loop_.now())); })),
      begin_timer_(loop.timer([this] { begin(); })) {
    options_.slowest_retry = dhcp4::kSlowestRunningRetry;
    options_.prefers_root_path = false;
    begin();
}

// Also where the interface was replaced or renamed: the session's sockets belong to the old one.
void LeaseKeeper::begin() {
    session_.reset();
    if (!owner_.is_ours()) return;
    const Kept& kept = network_.kept();
    auto session = DhcpSession::resume(
        loop_, log_, {.index = kept.interface_index, .name = kept.interface_name}, options_, lease_,
        [this](const dhcp4::Lease& lease) { take(lease); });
    if (session) {
        session_ = std::move(*session);
        return;
    }
    say(Level::warning, cat(session.error().message(), "; the lease waits, trying again in 5 s"));
    begin_timer_->arm(loop_.now() + kErrorPause);
}

void LeaseKeeper::take(const dhcp4::Lease& lease) {
    const dhcp4::Lease before = std::exchange(lease_, lease);
    on_lease_(session_->client().lease_message(), lease.since);
    Kept kept = move_to_lease(network_.kept(), before, lease);
    const bool is_other = before.address != lease.address;
    const std::string of = base::format_ipv4(lease.address);
    const std::string by =
        cat(" by ", base::format_ipv4(lease.server), ' ', seconds_text(lease.lease_seconds));
    if (is_other) {
        say(Level::warning,
            cat("the lease is ", of, " now, not ", base::format_ipv4(before.address), ", given", by,
                "; connecting anew from there"));
    } else {
        const bool is_news = before.server != lease.server;
        say(is_news ? Level::info : Level::debug, cat("lease of ", of, " renewed", by));
    }
    if (kept != network_.kept()) network_.replace(std::move(kept));
}

void LeaseKeeper::on_address(std::uint32_t seconds) {
    take_change(owner_.on_address(seconds, loop_.now()));
}

void LeaseKeeper::take_change(LeaseOwner::Change change) {
    arm();
    const std::string address = base::format_ipv4(lease_.address);
    switch (change) {
        case LeaseOwner::Change::none:
            return;
        case LeaseOwner::Change::handed_over:
            say(Level::info,
                cat("somebody else keeps the lease of ", address, " now; leaving it to them"));
            break;
        case LeaseOwner::Change::given_back:
            say(Level::info,
                cat("nobody else keeps the lease of ", address, " any more; keeping it again"));
            break;
        case LeaseOwner::Change::forgotten:
            say(Level::warning, cat("the address ", address, " is about to end and nobody has",
                                    " renewed it; keeping the lease again"));
            network_.reclaim();
            break;
    }
    begin();
}

void LeaseKeeper::arm() {
    if (const auto deadline = owner_.next_deadline()) {
        owner_timer_->arm(*deadline);
    } else {
        owner_timer_->cancel();
    }
}

std::string LeaseKeeper::state() const {
    if (!owner_.is_ours()) return "left to a network manager";
    return session_ ? dhcp4::name_of(session_->client().state()) : "waiting";
}

void LeaseKeeper::say(Level level, std::string_view text) {
    log_.write(level, cat("network ", network_.kept().interface_name, ": ", text));
}

}  // namespace nbdroot::agent::network
