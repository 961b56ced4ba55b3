#include "agent/network/resolver.h"

#include <utility>

#include "lib/base/ipv4.h"
#include "lib/sys/random.h"

namespace nbdroot::agent::network {

namespace dns = protocol::dns;

namespace {

// Datagrams taken in one turn of the loop; the kernel's queue has a bound of its own.
constexpr int kDatagramsPerTurn = 16;

dns::Lookup::Options lookup_options(const ResolverOptions& options, const std::string& host) {
    return {.host = host,
            .servers = options.servers,
            .search = options.search,
            .wants_ipv6 = options.wants_ipv6};
}

}  // namespace

Resolver::Resolver(io::Loop& loop, ResolverOptions options, std::string host, Done done)
    : loop_(loop),
      options_(std::move(options)),
      host_(std::move(host)),
      done_(std::move(done)),
      lookup_(lookup_options(options_, host_), sys::random_u32),
      asked_(options_.servers.size()),
      timer_(loop.timer([this] { on_timer(); })) {
    timer_->arm(loop_.now());  // begin inside the loop: only there is its now() the present
}

void Resolver::on_timer() {
    if (std::exchange(has_begun_, true)) {
        lookup_.on_time(loop_.now());
        return advance();
    }
    if (auto literal = sys::parse_socket_address(host_, options_.port)) {
        return std::exchange(done_, nullptr)(Addresses{*literal});
    }
    lookup_.start(loop_.now());
    advance();
}

// Nothing of this object is touched after DONE was called.
void Resolver::advance() {
    while (const auto outgoing = lookup_.next_output()) {
        const auto sent = send(*outgoing);
        if (!sent) lookup_.on_failure(outgoing->server, sent.error().reason, loop_.now());
    }
    if (const auto deadline = lookup_.next_deadline()) return timer_->arm(*deadline);
    timer_->cancel();
    for (Asked& asked : asked_) asked.watch.reset();
    std::exchange(done_, nullptr)(result());
}

Result<void> Resolver::send(const dns::Lookup::Outgoing& outgoing) {
    Asked& asked = asked_[outgoing.server];
    if (!asked.watch) NBDROOT_CHECK(open_socket(outgoing.server));
    return asked.socket->send(outgoing.datagram);
}

Result<void> Resolver::open_socket(std::size_t server) {
    const std::uint32_t address = options_.servers[server];
    Asked& asked = asked_[server];
    asked.socket.emplace(NBDROOT_TRY(
        sys::UdpSocket::open({.peer = sys::make_socket_address(address, options_.server_port),
                              .object = base::format_ipv4(address),
                              .interface_name = options_.interface_name,
                              .local = {}})));
    asked.watch = NBDROOT_TRY(loop_.watch(asked.socket->fd(), {.readable = true},
                                          [this, server](io::Ready) { on_readable(server); }));
    return {};
}

void Resolver::on_readable(std::size_t server) {
    for (int i = 0; i < kDatagramsPerTurn && !lookup_.outcome(); ++i) {
        const auto datagram = asked_[server].socket->receive(dns::kReplyBytes);
        if (!datagram) {
            lookup_.on_failure(server, datagram.error().reason, loop_.now());
            break;
        }
        if (!*datagram) break;
        // What is no answer to the question is somebody else's, or late.
        (void)lookup_.on_datagram(server, **datagram, loop_.now());
    }
    advance();
}

Result<Resolver::Addresses> Resolver::result() const {
    const auto& outcome = *lookup_.outcome();
    if (!outcome) return fail(outcome.error());
    Addresses addresses;
    for (const dns::Address& address : *outcome) {
        addresses.push_back(sys::make_socket_address(address.view(), options_.port));
    }
    return addresses;
}

}  // namespace nbdroot::agent::network
