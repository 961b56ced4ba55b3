#include "agent/network/keeper.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <type_traits>
#include <utility>

#include "agent/network/repair_plan.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/sys/process.h"
#include "lib/sys/stream.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using netlink::RouteType;

constexpr std::uint32_t kGroups =
    netlink::kLinkGroup | netlink::kAddressGroup | netlink::kRouteGroup;

// After an error, and before the network is asked again.
constexpr Duration kErrorPause{1'000};

// Others of the loop get their turn while somebody changes thousands of routes.
constexpr int kDatagramsPerTurn = 32;

static_assert(std::is_trivially_copyable_v<Outcome>);

}  // namespace

NetworkKeeper::NetworkKeeper(io::Loop& loop, Kept kept, const Log& log, Events events)
    : loop_(loop),
      kept_(std::move(kept)),
      log_(log),
      events_(std::move(events)),
      listen_timer_(loop.timer([this] {
          keep_listening();
          look_at_all();
      })),
      round_timer_(loop.timer([this] { run_round(); })),
      back_timer_(loop.timer([this] {
          last_back_ = loop_.now();
          events_.back();
      })) {
    keep_listening();
    want_round();
}

Result<void> NetworkKeeper::listen() {
    news_.emplace(NBDROOT_TRY(sys::NetlinkSocket::open(netlink::kRouteProtocol, kGroups)));
    watch_ =
        NBDROOT_TRY(loop_.watch(news_->fd(), {.readable = true}, [this](io::Ready) { on_news(); }));
    return {};
}

void NetworkKeeper::keep_listening() {
    watch_.reset();
    const auto done = listen();
    if (done) return;
    say(Level::warning, cat("network: ", done.error().message(), "; trying again in 1 s"));
    listen_timer_->arm(loop_.now() + kErrorPause);
}

void NetworkKeeper::on_news() {
    for (int i = 0; i < kDatagramsPerTurn; ++i) {
        const auto datagram = news_->receive();
        if (datagram && !*datagram) return;
        const auto messages =
            datagram ? netlink::parse_messages(**datagram) : fail(datagram.error());
        if (messages) {
            for (const netlink::Message& message : *messages) take(message);
        } else if (messages.error().code == ENOBUFS) {
            look_at_all();  // some news were lost
        } else {
            say(Level::warning,
                cat("network: ", messages.error().message(), "; listening anew in 1 s"));
            watch_.reset();
            return listen_timer_->arm(loop_.now() + kErrorPause);
        }
    }
}

// What is damaged is passed over.
void NetworkKeeper::take(const netlink::Message& message) {
    const auto type = static_cast<RouteType>(message.header.type);
    switch (type) {
        case RouteType::new_link:
        case RouteType::delete_link:
            if (const auto link = netlink::parse_link(message)) {
                take_link(*link, type == RouteType::delete_link);
            }
            break;
        case RouteType::new_address:
        case RouteType::delete_address:
            if (const auto address = netlink::parse_address(message); address && *address) {
                take_address(**address, type == RouteType::delete_address);
            }
            break;
        case RouteType::new_route:
        case RouteType::delete_route:
            if (const auto route = netlink::parse_route(message); route && *route) {
                take_route(**route, type == RouteType::delete_route);
            }
            break;
        default:
            break;
    }
}

void NetworkKeeper::take_link(const netlink::Link& link, bool is_gone) {
    const bool is_ours = keeps() && link.index == kept_.interface_index;
    if (is_gone) {
        if (!is_ours) return;
        round_timer_->cancel();  // what went with it needs no look
        return set_gone();
    }
    if (!is_ours && link.is_ready() && !link.is_loopback() && follows(link.index)) want_back();
    if (is_ours) {
        take_kept_link(link);
    } else if (may_be_kept(kept_, link)) {
        want_round();
    }
}

void NetworkKeeper::take_kept_link(const netlink::Link& link) {
    const bool was_gone = std::exchange(gone_, false);
    const bool was_ready = link_ ? link_->is_ready() : !was_gone;
    if (link.is_ready() && !was_ready) {
        if (link_ && link_->is_up()) say(Level::info, cat("network ", link.name, ": carrier"));
        want_back();
    } else if (was_ready && link.is_up() && !link.is_ready()) {
        say(Level::info, cat("network ", link.name, ": no carrier, waiting"));
    }
    // Set down, its routes are lost without further news (net/ipv4/fib_frontend.c).
    const bool is_changed =
        !link_ || link_->is_up() != link.is_up() || link_->enslaved != link.enslaved;
    if (is_changed || !link.is_up()) want_round();
    link_ = link;
    if (kept_.interface_name == link.name) return;
    kept_.interface_name = link.name;
    events_.moved();
}

void NetworkKeeper::replace(Kept kept) {
    kept_ = std::move(kept);
    is_changing_ = round_.has_value();
    last_round_.reset();
    want_round();
}

void NetworkKeeper::reclaim() {
    Kept kept = kept_;
    kept.is_reclaimed = true;
    replace(std::move(kept));
}

void NetworkKeeper::take_address(const netlink::Address& address, bool is_gone) {
    if (is_kept(kept_, address)) {
        events_.address(is_gone ? 0 : address.permanent ? kNoEnd : address.valid_seconds);
    }
    if (is_gone) {
        if (is_kept(kept_, address)) want_round();
    } else if (follows(address.interface_index) && base::is_ipv4_host(address.address)) {
        want_back();
    }
}

void NetworkKeeper::take_route(const netlink::Route& route, bool is_gone) {
    if (is_gone ? is_kept(kept_, route) : is_rival(kept_, route)) want_round();
    if (is_gone) return;
    if (is_kept(kept_, route) || (route.length_bits == 0 && follows(route.interface_index))) {
        want_back();
    }
}

void NetworkKeeper::look_at_all() {
    link_.reset();
    want_round();
    want_back();
}

void NetworkKeeper::set_gone() {
    if (gone_) return;
    gone_ = true;
    link_.reset();
    say(Level::warning,
        cat("network ", kept_.interface_name, ": the interface is gone; waiting until it is back"));
}

// Whether what happens there may bring the root back.
bool NetworkKeeper::follows(int interface_index) const {
    const bool is_alone = keeps() && !gone_ && !(link_ && link_->enslaved);
    return !is_alone || interface_index == kept_.interface_index;
}

void NetworkKeeper::want_round(Duration pause) {
    if (!keeps()) return;
    if (round_) {
        round_wanted_ = true;
        return;
    }
    const Instant earliest = last_round_ ? *last_round_ + kRoundInterval : loop_.now();
    round_timer_->arm(std::max(loop_.now() + pause, earliest));
}

void NetworkKeeper::run_round() {
    last_round_ = loop_.now();
    const auto begun = begin_round();
    if (begun) return;
    round_.reset();
    say(Level::warning, cat("network: ", begun.error().message(), "; trying again in 1 s"));
    want_round(kErrorPause);
}

Result<void> NetworkKeeper::begin_round() {
    auto pair = NBDROOT_TRY(sys::make_stream_pair());
    round_.emplace();
    round_->report = std::move(pair.first);
    round_->watch = NBDROOT_TRY(
        loop_.watch(round_->report.get(), {.readable = true}, [this](io::Ready) { end_round(); }));
    round_->pid = NBDROOT_TRY(sys::fork_child([&] {
        sys::close_all_but(pair.second.get());
        const Outcome outcome = repair(kept_);
        (void)sys::send_some(pair.second.get(), std::as_bytes(std::span(&outcome, 1)), "");
        return 0;
    }));
    return {};
}

void NetworkKeeper::end_round() {
    auto outcome = collect_outcome();
    sys::kill_child(round_->pid);
    round_.reset();
    if (outcome) {
        take_outcome(*outcome);
    } else {
        say(Level::warning, cat("network: ", outcome.error().message(), "; trying again in 1 s"));
    }
    const bool failed = !outcome || outcome->failed;
    if (failed || std::exchange(round_wanted_, false)) {
        want_round(failed ? kErrorPause : Duration{});
    }
}

Result<Outcome> NetworkKeeper::collect_outcome() {
    Outcome outcome;
    const auto moved = NBDROOT_TRY(sys::receive_some(
        round_->report.get(), std::as_writable_bytes(std::span(&outcome, 1)), "network repair"));
    if (moved != sizeof outcome) return fail("repair", "the network", "the child ended early");
    return outcome;
}

void NetworkKeeper::take_outcome(const Outcome& outcome) {
    if (outcome.failed || outcome.interface_index != 0) say(outcome.level, outcome.line_text());
    if (outcome.interface_index == 0) {
        if (!outcome.failed) set_gone();
        return;
    }
    take_interface(outcome);
    if (!outcome.failed && outcome.address_seconds != 0) events_.address(outcome.address_seconds);
    // A round that had begun before the change knows nothing of it.
    const bool is_current = !std::exchange(is_changing_, false);
    if (is_current && !outcome.failed) finish_change();
}

void NetworkKeeper::take_interface(const Outcome& outcome) {
    netlink::Link link;
    link.index = outcome.interface_index;
    link.flags = outcome.link_flags;
    link.enslaved = outcome.enslaved;
    link.name = outcome.name_text();
    const bool is_moved = link.index != kept_.interface_index || link.name != kept_.interface_name;
    if (link.index != kept_.interface_index) {
        say(Level::info, cat("network ", link.name, ": the interface of the root is back"));
        link_.reset();
        want_back();
    }
    gone_ = false;
    kept_ = move_to(std::move(kept_), link);
    // News may be younger than the child's look.
    if (!link_) link_ = link;
    if (is_moved) events_.moved();
}

void NetworkKeeper::finish_change() {
    kept_.is_reclaimed = false;
    if (kept_.former_addresses.empty() && kept_.former_routes.empty()) return;
    kept_.former_addresses.clear();
    kept_.former_routes.clear();
    events_.replaced();
}

void NetworkKeeper::want_back() {
    const Instant earliest = last_back_ ? *last_back_ + kBackInterval : loop_.now();
    back_timer_->arm(std::max(loop_.now(), earliest));
}

void NetworkKeeper::say(Level level, std::string_view line) {
    if (!log_.shows(level) || !limit_.passes(line, loop_.now())) return;
    switch (level) {
        case Level::error:
        case Level::warning:
            return log_.warning(line);
        case Level::info:
            return log_.info(line);
        case Level::debug:
            return log_.debug(line);
    }
}

}  // namespace nbdroot::agent::network
