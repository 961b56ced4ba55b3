#include "tests/sim/net.h"

#include <algorithm>
#include <utility>

namespace nbdroot::sim {
namespace {

// Retransmissions back off: the first one after a cut comes about as much later as the cut was
// long.
constexpr Duration kLongestBackOff{10'000};

}  // namespace

Net::Net(Env& env, std::size_t hosts, Duration longest_delay) : env_(env), hosts_(hosts) {
    for (Host& host : hosts_) host.link.longest_delay = longest_delay;
}

std::unique_ptr<Net::Connecting> Net::connect(std::size_t host, Connected connected) {
    return std::make_unique<Connecting>(*this, host, std::move(connected));
}

std::vector<std::shared_ptr<Tcp>> Net::connections(Host& host) {
    std::vector<std::shared_ptr<Tcp>> living;
    std::erase_if(host.connections, [](const auto& known) { return known.expired(); });
    for (const auto& known : host.connections) living.push_back(known.lock());
    return living;
}

void Net::cut(std::size_t host, bool to_server, bool to_client) {
    Host& at = hosts_[host];
    if (at.link.is_whole()) at.cut_at = env_.schedule.now();
    at.link.to_server = at.link.to_server && !to_server;
    at.link.to_client = at.link.to_client && !to_client;
}

void Net::heal(std::size_t host) {
    Host& at = hosts_[host];
    if (at.link.is_whole()) return;
    at.link.to_server = at.link.to_client = true;
    const Duration longest =
        std::min(env_.schedule.now() - at.cut_at + Duration(200), kLongestBackOff);
    for (const auto& tcp : connections(at)) {
        env_.schedule.after(env_.random.between(Duration(0), longest),
                            [tcp] { tcp->retransmit(); });
    }
}

void Net::reset(std::size_t host, bool to_server, bool to_client) {
    for (const auto& tcp : connections(hosts_[host])) {
        if (to_server) tcp->reset(Side::server);
        if (to_client) tcp->reset(Side::client);
    }
}

Net::Connecting::Connecting(Net& net, std::size_t host, Connected connected)
    : net_(net),
      host_(host),
      connected_(std::move(connected)),
      ask_(net.env_.schedule, [this] { ask(); }),
      asked_(net.env_.schedule, [this] { on_asked(); }),
      answered_(net.env_.schedule, [this] { on_answered(); }) {
    ask_.arm_after(Duration(0));
}

void Net::Connecting::ask() {
    const Link& link = net_.link(host_);
    ask_.arm_after(again_);
    again_ *= 2;
    if (!link.to_server) return;
    asked_.arm_after(net_.env_.random.between(link.shortest_delay, link.longest_delay));
}

void Net::Connecting::on_asked() {
    const Link& link = net_.link(host_);
    if (!link.is_whole()) return;
    refused_ = !net_.hosts_[host_].accept;
    answered_.arm_after(net_.env_.random.between(link.shortest_delay, link.longest_delay));
}

void Net::Connecting::on_answered() {
    Host& host = net_.hosts_[host_];
    if (!host.link.is_whole()) return;
    const Connected connected = std::move(connected_);
    ask_.cancel();
    if (refused_ || !host.accept) return connected(nullptr);
    const auto tcp = std::make_shared<Tcp>(net_.env_, host.link);
    tcp->keep_alive(Side::client);
    host.connections.push_back(tcp);
    host.accept(std::make_unique<Socket>(tcp, Side::server));
    connected(std::make_unique<Socket>(tcp, Side::client));
}

}  // namespace nbdroot::sim
