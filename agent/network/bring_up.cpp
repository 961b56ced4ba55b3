// Every interface that comes into question is set up; on each that is ready (carrier, queues
// running) the address is set or DHCP begins at once; the first one with an address ends the stage.
// Two netlink sockets: one hears what changes, the other asks and commands, so that answers and
// news never mix.
#include "agent/network/bring_up.h"

#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include "agent/network/candidates.h"
#include "agent/network/dhcp_session.h"
#include "agent/network/route_socket.h"
#include "agent/network/setup.h"
#include "lib/base/text.h"
#include "lib/protocol/netlink/route.h"
#include "lib/sys/netlink_socket.h"

namespace nbdroot::agent::network {
namespace {

namespace netlink = protocol::netlink;
using config::InterfaceConfig;

// Until the first report: a usual boot has its address by then and needs no such line.
constexpr Duration kFirstReport{1'000};
constexpr Duration kReportInterval{10'000};

class BringUp {
public:
    BringUp(io::Loop& loop, const config::NetworkConfig& config, const Log& log, RouteSocket kernel,
            sys::NetlinkSocket news)
        : loop_(loop),
          config_(config),
          log_(log),
          kernel_(std::move(kernel)),
          news_(std::move(news)) {}

    Result<Network> run(std::optional<Instant> give_up_at);

private:
    struct Candidate {
        netlink::Link link;
        InterfaceConfig wanted;
        std::unique_ptr<DhcpSession> dhcp;
        std::string trouble;  // why it failed; tried again at the next report
    };

    Result<Network> leave_alone();
    void look_at_all_links();
    void on_news();
    void set_loopback_up(const netlink::Link& link);
    void on_link(const netlink::Link& link);
    void start_if_ready(Candidate& candidate);
    void start_dhcp(Candidate& candidate);
    void apply(Candidate& candidate, const Setup& setup);
    Result<Kept> configure(const Candidate& candidate, const Setup& setup);
    void report();
    [[nodiscard]] std::string status() const;
    void finish(Result<Network> result);

    io::Loop& loop_;
    const config::NetworkConfig& config_;
    const Log& log_;
    RouteSocket kernel_;
    sys::NetlinkSocket news_;
    std::map<int, Candidate> candidates_;  // by interface index
    std::unique_ptr<io::Timer> report_timer_;
    std::optional<Result<Network>> result_;
};

Result<Network> BringUp::run(std::optional<Instant> give_up_at) {
    if (leaves_all_alone(config_)) return leave_alone();
    const auto watch =
        NBDROOT_TRY(loop_.watch(news_.fd(), {.readable = true}, [this](io::Ready) { on_news(); }));
    const auto give_up_timer = loop_.timer(
        [this] { finish(fail("network", "", cat("no address in time (", status(), ")"))); });
    if (give_up_at) give_up_timer->arm(*give_up_at);
    report_timer_ = loop_.timer([this] { report(); });
    // Begun from the loop: before it runs, its clock stands still.
    const auto begin_timer = loop_.timer([this] {
        report_timer_->arm(loop_.now() + kFirstReport);
        look_at_all_links();
    });
    begin_timer->arm(loop_.now());

    NBDROOT_CHECK(loop_.run());
    if (!result_) return fail("network", "", "was called off", ECANCELED);
    return std::move(*result_);
}

Result<Network> BringUp::leave_alone() {
    const auto links = NBDROOT_TRY(kernel_.links());
    for (const netlink::Link& link : links) {
        if (link.is_loopback()) set_loopback_up(link);
    }
    return look_around(config_);
}

void BringUp::look_at_all_links() {
    const auto links = kernel_.links();
    if (!links) return finish(fail(links.error()));
    for (const netlink::Link& link : *links) on_link(link);
}

void BringUp::on_news() {
    while (!result_) {
        auto datagram = news_.receive();
        if (!datagram && datagram.error().code == ENOBUFS) {
            // Some news were lost: ask for the whole.
            look_at_all_links();
            continue;
        }
        if (!datagram) return finish(fail(datagram.error()));
        if (!*datagram) return;
        const auto messages = netlink::parse_messages(**datagram);
        if (!messages) return finish(fail(messages.error()));
        for (const netlink::Message& message : *messages) {
            const auto type = static_cast<netlink::RouteType>(message.header.type);
            const bool gone = type == netlink::RouteType::delete_link;
            if (!gone && type != netlink::RouteType::new_link) continue;
            const auto link = netlink::parse_link(message);
            if (!link) {
                log_.debug(cat("network: ", link.error().message(), "; ignored"));
            } else if (gone) {
                candidates_.erase(link->index);
            } else {
                on_link(*link);
            }
        }
    }
}

void BringUp::set_loopback_up(const netlink::Link& link) {
    if (link.is_up()) return;
    if (const auto done = kernel_.set_up(link); !done) {
        log_.warning(cat("network: ", done.error().message(), "; going on without"));
    }
}

void BringUp::on_link(const netlink::Link& link) {
    if (result_) return;
    if (link.is_loopback()) return set_loopback_up(link);
    auto wanted = wanted_of(link, config_);
    if (!wanted) {
        candidates_.erase(link.index);
        return;
    }
    Candidate& candidate = candidates_[link.index];
    candidate.link = link;
    candidate.wanted = std::move(*wanted);
    if (!link.is_up() && candidate.trouble.empty()) {
        const auto done = kernel_.set_up(link);
        if (!done) candidate.trouble = done.error().message();
    }
    start_if_ready(candidate);
}

void BringUp::start_if_ready(Candidate& candidate) {
    if (!candidate.link.is_ready()) {
        candidate.dhcp.reset();
        return;
    }
    if (candidate.dhcp || !candidate.trouble.empty()) return;
    if (candidate.wanted.method == InterfaceConfig::Method::dhcp) return start_dhcp(candidate);
    const auto setup = setup_of_config(
        {.link = candidate.link, .config = candidate.wanted, .name_servers = config_.name_servers});
    if (!setup) return finish(fail(setup.error()));
    apply(candidate, *setup);
}

void BringUp::start_dhcp(Candidate& candidate) {
    log_.debug(cat("network ", candidate.link.name, ": carrier, asking by DHCP"));
    const int index = candidate.link.index;
    auto session =
        DhcpSession::start(loop_, log_, {.index = index, .name = candidate.link.name},
                           {.mac = candidate.link.mac.value_or(Mac{}),
                            .host_name = candidate.wanted.host_name,
                            .client_id = candidate.wanted.client_id},
                           [this, index](const protocol::dhcp4::Lease& lease) {
                               Candidate& bound = candidates_.at(index);
                               apply(bound, setup_of_lease({.link = bound.link,
                                                            .config = bound.wanted,
                                                            .name_servers = config_.name_servers},
                                                           lease));
                           });
    if (session) {
        candidate.dhcp = std::move(*session);
    } else {
        candidate.trouble = session.error().message();
    }
}

// Called from within the candidate's DHCP session: a failure leaves the session, for report() to
// end.
void BringUp::apply(Candidate& candidate, const Setup& setup) {
    if (result_) return;
    if (!setup.note.empty()) {
        log_.warning(cat("network ", candidate.link.name, ": ", setup.note));
    }
    auto kept = configure(candidate, setup);
    if (!kept) {
        candidate.trouble = kept.error().message();
        return;
    }
    Network network = setup.network;
    network.kept = std::move(*kept);
    finish(std::move(network));
}

Result<Kept> BringUp::configure(const Candidate& candidate, const Setup& setup) {
    Kept kept{.interface_index = candidate.link.index,
              .interface_name = candidate.link.name,
              .mac = candidate.link.mac,
              .address = setup.address,
              .routes = {},
              .mtu_bytes = candidate.link.mtu_bytes};
    if (setup.mtu_bytes != 0) {
        const auto done = kernel_.set_mtu(setup.address.interface_index, setup.mtu_bytes);
        // The driver's limit may be lower: its own MTU works too.
        if (done) {
            kept.mtu_bytes = setup.mtu_bytes;
        } else {
            log_.warning(cat("network ", setup.network.interface_name, ": ", done.error().message(),
                             "; left as it is"));
        }
    }
    NBDROOT_CHECK(kernel_.add_address(setup.address));
    for (const netlink::Route& route : setup.routes) {
        const auto done = kernel_.add_route(route);
        if (done) {
            kept.routes.push_back(route);
            continue;
        }
        // One of many routes must not keep a machine from booting; the server may be near.
        log_.warning(cat("network ", setup.network.interface_name, ": ", done.error().message(),
                         "; going on without"));
    }
    return kept;
}

void BringUp::report() {
    report_timer_->arm(loop_.now() + kReportInterval);
    log_.info(cat("network: no address yet (", status(), "), waiting"));
    for (auto& [index, candidate] : candidates_) {
        if (candidate.trouble.empty()) continue;
        candidate.trouble.clear();
        candidate.dhcp.reset();
    }
    look_at_all_links();
}

std::string BringUp::status() const {
    std::string text;
    for (const auto& [index, candidate] : candidates_) {
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
    return text.empty()
               ? "no network interface that may be used by ip= and BOOTIF=; is its module loaded?"
               : text;
}

void BringUp::finish(Result<Network> result) {
    if (result_) return;
    result_.emplace(std::move(result));
    loop_.stop();
}

}  // namespace

Result<Network> look_around(const config::NetworkConfig& config) {
    auto kernel = NBDROOT_TRY(RouteSocket::open());
    const Existing existing{.links = NBDROOT_TRY(kernel.links()),
                            .addresses = NBDROOT_TRY(kernel.addresses()),
                            .routes = NBDROOT_TRY(kernel.routes())};
    return find_existing(existing, config).value_or(Network{});
}

Result<Network> bring_up(io::Loop& loop, const config::NetworkConfig& config, const Log& log,
                         std::optional<Instant> give_up_at) {
    auto kernel = NBDROOT_TRY(RouteSocket::open());
    auto news = NBDROOT_TRY(sys::NetlinkSocket::open(netlink::kRouteProtocol, netlink::kLinkGroup));
    return BringUp(loop, config, log, std::move(kernel), std::move(news)).run(give_up_at);
}

}  // namespace nbdroot::agent::network
