#include "agent/network/uplinks.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/network/candidates.h"
#include "agent/network/setup.h"
#include "lib/base/assert.h"
#include "lib/base/text.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using config::InterfaceConfig;

// It was renewed: nothing of the network is another one.
bool differs_in_lease_alone(const Network& one, Network other) {
    other.dhcp_server = one.dhcp_server;
    other.lease_seconds = one.lease_seconds;
    other.lease = one.lease;
    return one == other;
}

Result<Network> look_around(RouteSocket& kernel, const config::NetworkConfig& config) {
    const Existing existing{.links = NBDROOT_TRY(kernel.links()),
                            .addresses = NBDROOT_TRY(kernel.addresses()),
                            .routes = NBDROOT_TRY(kernel.routes())};
    return find_existing(existing, config).value_or(Network{});
}

}  // namespace

Duration until_next_report(Duration elapsed) {
    // Until the first one: a usual boot has its address by then and needs no such line.
    for (const Duration report : {Duration(1'000), Duration(10'000), Duration(30'000)}) {
        if (elapsed < report) return report - elapsed;
    }
    return Duration(60'000);
}

Result<std::unique_ptr<Uplinks>> Uplinks::start(io::Loop& loop, Options options, const Log& log) {
    auto kernel = NBDROOT_TRY(RouteSocket::open());
    auto news = NBDROOT_TRY(sys::NetlinkSocket::open(netlink::kRouteProtocol, netlink::kLinkGroup));
    std::unique_ptr<Uplinks> uplinks(
        new Uplinks(loop, std::move(options), log, std::move(kernel), std::move(news)));
    if (!leaves_all_alone(uplinks->config_)) {
        NBDROOT_CHECK(uplinks->open());
        return uplinks;
    }
    const auto links = NBDROOT_TRY(uplinks->kernel_->links());
    for (const netlink::Link& link : links) {
        if (link.is_loopback()) uplinks->set_loopback_up(link);
    }
    Network found = NBDROOT_TRY(look_around(*uplinks->kernel_, uplinks->config_));
    log.info(describe(found));
    return of_others(loop, std::move(found), log);
}

std::unique_ptr<Uplinks> Uplinks::of_others(io::Loop& loop, Network network, const Log& log) {
    std::unique_ptr<Uplinks> uplinks(new Uplinks(loop, log));
    uplinks->is_of_others_ = true;
    uplinks->up_.push_back({.id = 1, .network = std::move(network), .is_of_others = true});
    return uplinks;
}

Uplinks::Uplinks(io::Loop& loop, Options options, const Log& log, RouteSocket kernel,
                 sys::NetlinkSocket news)
    : Uplinks(loop, log) {
    config_ = std::move(options.network);
    wants_root_path_ = options.wants_root_path;
    kernel_.emplace(std::move(kernel));
    news_.emplace(std::move(news));
}

Uplinks::Uplinks(io::Loop& loop, const Log& log)
    : loop_(loop),
      log_(log),
      begin_timer_(loop.timer([this] { begin(); })),
      report_timer_(loop.timer([this] { report(); })),
      again_timer_(loop.timer([this] { try_failed_again(); })) {}

Result<void> Uplinks::open() {
    watch_ =
        NBDROOT_TRY(loop_.watch(news_->fd(), {.readable = true}, [this](io::Ready) { on_news(); }));
    // Begun from the loop: before it runs, its clock stands still.
    begin_timer_->arm(loop_.now());
    return {};
}

void Uplinks::begin() {
    began_ = loop_.now();
    report_timer_->arm(began_ + until_next_report(Duration(0)));
    look_at_all_links();
}

void Uplinks::look_at_all_links() {
    const auto links = kernel_->links();
    if (!links) return fail_for_good(links.error());
    drop_all_but(*links);
    for (const netlink::Link& link : *links) on_link(link);
}

// News that nobody heard, after settle() or where they were too many, may have been of the end of
// an interface.
void Uplinks::drop_all_but(const std::vector<netlink::Link>& links) {
    std::vector<int> gone;
    for (const auto& [index, candidate] : candidates_) {
        const bool is_there =
            std::any_of(links.begin(), links.end(),
                        [index = index](const netlink::Link& link) { return link.index == index; });
        if (!is_there) gone.push_back(index);
    }
    for (const int index : gone) drop(index);
}

void Uplinks::on_news() {
    while (watch_ && !error_) {
        auto datagram = news_->receive();
        if (!datagram && datagram.error().code == ENOBUFS) {
            // Some news were lost: ask for the whole.
            look_at_all_links();
            continue;
        }
        if (!datagram) return fail_for_good(datagram.error());
        if (!*datagram) return;
        const auto messages = netlink::parse_messages(**datagram);
        if (!messages) return fail_for_good(messages.error());
        for (const netlink::Message& message : *messages) take(message);
    }
}

void Uplinks::take(const netlink::Message& message) {
    const auto type = static_cast<netlink::RouteType>(message.header.type);
    const bool gone = type == netlink::RouteType::delete_link;
    if (!gone && type != netlink::RouteType::new_link) return;
    auto link = netlink::parse_link(message);
    if (!link) return log_.debug(cat("network: ", link.error().message(), "; ignored"));
    if (!gone) return on_link(std::move(*link));
    given_names_.forget(link->index);
    drop(link->index);
}

void Uplinks::set_loopback_up(const netlink::Link& link) {
    if (link.is_up()) return;
    if (const auto done = kernel_->set_up(link); !done) {
        log_.warning(cat("network: ", done.error().message(), "; going on without"));
    }
}

void Uplinks::on_link(netlink::Link link) {
    if (link.is_loopback()) return set_loopback_up(link);
    given_names_.give_name(*kernel_, link, config_, log_);
    auto wanted = wanted_of(given_names_.as_it_came(link), config_);
    if (!wanted) return drop(link.index);
    Candidate& candidate = candidates_[link.index];
    const bool is_renamed = candidate.link.index != 0 && candidate.link.name != link.name;
    candidate.link = std::move(link);
    if (is_renamed) rename_uplink(candidate.link);
    candidate.wanted = std::move(*wanted);
    if (!candidate.link.is_up() && candidate.trouble.empty()) set_up(candidate);
    start_if_ready(candidate);
}

// Connections are bound to the name: they are to begin anew.
void Uplinks::rename_uplink(const netlink::Link& link) {
    for (Uplink& uplink : up_) {
        if (uplink.network.interface_index != link.index) continue;
        uplink.id = ++last_id_;
        uplink.network.interface_name = link.name;
        uplink.network.kept.interface_name = link.name;
        return tell_change();
    }
}

void Uplinks::set_up(Candidate& candidate) {
    netlink::Link& link = candidate.link;
    if (candidate.wanted.mac) {
        given_names_.give_mac(*kernel_, link, *candidate.wanted.mac, log_);
    }
    const auto done = kernel_->set_up(link);
    if (!done) return fail_for_now(candidate, done.error().message());
    candidate.changes.set_up = true;
}

void Uplinks::start_if_ready(Candidate& candidate) {
    // Without a carrier an address stays: it may come back, and connections wait for it.
    if (is_up(candidate.link.index)) return;
    if (!candidate.link.is_ready()) {
        candidate.dhcp.reset();
        return;
    }
    if (candidate.dhcp || !candidate.trouble.empty()) return;
    if (candidate.wanted.method == InterfaceConfig::Method::dhcp) return start_dhcp(candidate);
    const auto setup =
        setup_of_config({.link = candidate.link, .config = candidate.wanted, .network = config_});
    if (!setup) return fail_for_now(candidate, setup.error().message());
    apply(candidate, *setup);
}

void Uplinks::start_dhcp(Candidate& candidate) {
    log_.debug(cat("network ", candidate.link.name, ": carrier, asking by DHCP"));
    const int index = candidate.link.index;
    const auto on_lease = [this, index](const protocol::dhcp4::Lease& lease) {
        Candidate& bound = candidates_.at(index);
        apply(bound, setup_of_lease(
                         {.link = bound.link, .config = bound.wanted, .network = config_}, lease));
    };
    auto session = DhcpSession::start(loop_, log_, {.index = index, .name = candidate.link.name},
                                      {.mac = candidate.link.mac.value_or(Mac{}),
                                       .host_name = candidate.wanted.host_name,
                                       .client_id = candidate.wanted.client_id,
                                       .prefers_root_path = wants_root_path_,
                                       .checks_address = config_.arp_check},
                                      on_lease);
    if (!session) return fail_for_now(candidate, session.error().message());
    candidate.dhcp = std::move(*session);
}

// May be called from within the candidate's DHCP session, which must live on.
void Uplinks::apply(Candidate& candidate, const Setup& setup) {
    if (!setup.note.empty()) {
        log_.warning(cat("network ", candidate.link.name, ": ", setup.note));
    }
    const Changes before = candidate.changes;
    auto kept = carry_out(*kernel_, candidate.link, setup, candidate.changes, log_);
    if (!kept) return fail_for_now(candidate, kept.error().message());
    take_back(*kernel_, candidate.link, left_over(before, candidate.changes), log_);
    Network network = setup.network;
    network.kept = std::move(*kept);
    put_up(std::move(network));
}

void Uplinks::put_up(Network network) {
    for (Uplink& uplink : up_) {
        if (!differs_in_lease_alone(uplink.network, network)) continue;
        uplink.network = std::move(network);
        return;
    }
    remove_uplink(network.interface_index);
    log_.info(describe(network));
    up_.push_back({.id = ++last_id_, .network = std::move(network)});
    tell_change();
}

// The interface has gone, or is not meant any more.
void Uplinks::drop(int interface_index) {
    const auto found = candidates_.find(interface_index);
    if (found == candidates_.end()) return;
    const std::string name = std::move(found->second.link.name);
    candidates_.erase(found);
    if (!remove_uplink(interface_index)) return;
    log_.info(cat("network ", name, ": gone"));
    tell_change();
}

bool Uplinks::is_up(int interface_index) const {
    return std::any_of(up_.begin(), up_.end(), [&](const Uplink& uplink) {
        return uplink.network.interface_index == interface_index;
    });
}

bool Uplinks::remove_uplink(int interface_index) {
    return std::erase_if(up_, [&](const Uplink& uplink) {
               return uplink.network.interface_index == interface_index;
           }) != 0;
}

void Uplinks::fail_for_now(Candidate& candidate, std::string trouble) {
    candidate.trouble = std::move(trouble);
    if (again_is_due_) return;
    again_is_due_ = true;
    again_timer_->arm(loop_.now() + kTryAgain);
}

void Uplinks::try_failed_again() {
    again_is_due_ = false;
    for (auto& [index, candidate] : candidates_) {
        if (candidate.trouble.empty()) continue;
        candidate.trouble.clear();
        candidate.dhcp.reset();
    }
    look_at_all_links();
}

void Uplinks::ask_again(unsigned id, const std::string& reason) {
    const auto found =
        std::find_if(up_.begin(), up_.end(), [&](const Uplink& uplink) { return uplink.id == id; });
    if (found == up_.end()) return;
    const auto candidate = candidates_.find(found->network.interface_index);
    up_.erase(found);
    if (candidate != candidates_.end()) fail_for_now(candidate->second, reason);
}

void Uplinks::report() {
    const Duration elapsed = loop_.now() - began_;
    report_timer_->arm(loop_.now() + until_next_report(elapsed));
    const std::string waiting = status();
    if (up_.empty()) {
        log_.info(cat("network: no address yet (", waiting, "), waiting"));
    } else if (!waiting.empty() && elapsed > until_next_report(Duration(0))) {
        log_.info(cat("network: still without address: ", waiting));
    }
    look_at_all_links();
}

bool Uplinks::asks_dhcp() const {
    const auto is_dhcp = [](const InterfaceConfig& interface) {
        return interface.method == InterfaceConfig::Method::dhcp;
    };
    const auto& interfaces = config_.interfaces;
    return !is_of_others_ &&
           (interfaces.empty() || std::any_of(interfaces.begin(), interfaces.end(), is_dhcp));
}

std::string Uplinks::status() const {
    std::string text;
    for (const auto& [index, candidate] : candidates_) {
        if (is_up(index)) continue;
        if (!text.empty()) text += "; ";
        text += cat(candidate.link.name, ": ");
        if (!candidate.trouble.empty()) {
            text += candidate.trouble;
        } else if (candidate.dhcp) {
            text += candidate.dhcp->status();
        } else {
            text += "no carrier";
        }
    }
    return !candidates_.empty() ? text
                                : "no network interface that may be used by ip= and BOOTIF=; is "
                                  "its module loaded?";
}

Network Uplinks::settle(unsigned id) {
    watch_.reset();
    begin_timer_->cancel();
    report_timer_->cancel();
    again_timer_->cancel();
    again_is_due_ = false;
    std::erase_if(up_, [&](const Uplink& uplink) { return uplink.id != id; });
    NBDROOT_ASSERT(up_.size() == 1);
    const Network& chosen = up_.front().network;
    for (auto& [index, candidate] : candidates_) {
        candidate.dhcp.reset();
        if (index == chosen.interface_index) {
            prefer(*kernel_, candidate.link, chosen.kept, candidate.changes, log_);
        } else {
            take_back(*kernel_, candidate.link, candidate.changes, log_);
        }
    }
    std::erase_if(candidates_,
                  [&](const auto& entry) { return entry.first != chosen.interface_index; });
    return chosen;
}

Result<void> Uplinks::reopen() {
    if (is_of_others_ || watch_ || error_) return {};
    return open();
}

void Uplinks::take_back_addresses() {
    for (auto& [index, candidate] : candidates_) {
        candidate.changes.set_up = false;
        take_back(*kernel_, candidate.link, candidate.changes, log_);
    }
}

void Uplinks::fail_for_good(const Error& error) {
    error_ = error;
    tell_change();
}

void Uplinks::tell_change() {
    if (on_change_) on_change_();
}

}  // namespace nbdroot::agent::network
