// What goes wrong in a run, and how it ends.
#include <array>
#include <functional>
#include <utility>

#include "tests/sim/world.h"

namespace nbdroot::sim {
namespace {

constexpr Duration kLongFault{45'000};
constexpr std::size_t kLastRequests = 20;

}  // namespace

void World::later(const std::function<void()>& action) {
    const Duration longest = env_.random.one_in(12) ? kLongFault : plan_.longest_fault;
    env_.schedule.after(env_.random.between(Duration(1), longest), [this, action] {
        if (!healed_at_) action();
    });
}

void World::next_fault() {
    env_.schedule.after(env_.random.between(Duration(0), plan_.longest_gap), [this] {
        if (faults_left_ == 0) return heal();
        --faults_left_;
        inject(env_.random.below(servers_.size()));
        next_fault();
    });
}

// A shutdown is announced, by some inits more than once; it may come to the farewell.
void World::shut_down() {
    const Duration longest = plan_.longest_gap * 4;
    const auto at = [this, longest](std::function<void()> action) {
        env_.schedule.after(env_.random.between(Duration(0), longest), std::move(action));
    };
    for (std::uint64_t words = env_.random.between(1, 2); words > 0; --words) {
        at([this] { agent_->begin_ending(static_cast<MachineEnd>(env_.random.below(4))); });
    }
    if (!env_.random.one_in(3)) return;
    at([this] { agent_->leave(); });
}

void World::inject(std::size_t host) {
    recovery_due_.reset();
    switch (env_.random.below(13)) {
        case 0:
        case 1:
            return fault_kill(host);
        case 2:
            return fault_stop(host);
        case 3:
        case 4:
            return fault_cut(host);
        case 5:
        case 6:
            return fault_reset(host);
        case 7:
            return fault_stranger(host);
        case 8:
            return fault_lies(host);
        case 9:
            return fault_handshake(host);
        case 10:
            return plan_.servers == Plan::Servers::successor ? fail_over() : fault_process();
        case 11:
            return env_.random.one_in(2) ? agent_->ask() : agent_->network_back();
        default:
            return fault_process();
    }
}

void World::fault_kill(std::size_t host) {
    Server& server = *servers_[host];
    if (!server.is_started()) return;
    Image& image = server.serves(stranger_) ? stranger_ : image_;
    server.kill();
    later([this, host, &server, &image] {
        const bool dead = plan_.servers == Plan::Servers::successor && host != home_;
        if (!server.is_started() && !dead) server.start(image);
    });
}

void World::fault_stop(std::size_t host) {
    Server& server = *servers_[host];
    if (!server.is_started() || server.is_stopped()) return;
    server.stop();
    later([&server] {
        if (server.is_stopped()) server.resume();
    });
}

void World::fault_cut(std::size_t host) {
    const bool both = env_.random.one_in(2);
    const bool one = env_.random.one_in(2);
    const bool carrier = env_.random.one_in(2);
    env_.journal.say("network: way to server ", host, " is cut");
    net_.cut(host, both || one, both || !one);
    later([this, host, carrier] {
        env_.journal.say("network: way to server ", host, " is whole");
        net_.heal(host);
        if (carrier) agent_->network_back();
    });
}

void World::fault_reset(std::size_t host) {
    const std::uint64_t who = env_.random.below(4);
    if (who == 3) return servers_[host]->half_close();
    env_.journal.say("network: reset, kind ", who);
    net_.reset(host, who != 0, who != 1);
}

// The image is replaced, and put back.
void World::fault_stranger(std::size_t host) {
    Server& server = *servers_[host];
    if (!server.serves(image_)) return;
    server.kill();
    server.start(stranger_);
    later([this, host, &server] {
        const bool dead = plan_.servers == Plan::Servers::successor && host != home_;
        if (!server.serves(stranger_)) return;
        server.kill();
        if (!dead) server.start(image_);
    });
}

void World::fault_lies(std::size_t host) {
    Server& server = *servers_[host];
    server.lies_one_in = env_.random.between(2, 20);
    later([&server] { server.lies_one_in = 0; });
}

void World::fault_handshake(std::size_t host) {
    Server& server = *servers_[host];
    server.resets_one_in = env_.random.between(1, 3);
    later([&server] { server.resets_one_in = 0; });
}

void World::fault_process() {
    if (!agent_->is_alive()) return;
    if (!relayed_device_ || env_.random.one_in(4)) return restart_agent();
    relayed_device_->crash_after_stores(env_.random.between(1, 200));
}

// The first server is dead for good; whoever has its disk now takes over.
void World::fail_over() {
    if (home_ == 1) return;
    home_ = 1;
    if (servers_[0]->is_started()) servers_[0]->kill();
    later([this] {
        if (!servers_[1]->is_started()) servers_[1]->start(image_);
    });
}

void World::heal() {
    env_.journal.say("world: no more faults");
    healed_at_ = env_.schedule.now();
    load_.stop_after(kLastRequests);
    for (std::size_t host = 0; host < servers_.size(); ++host) {
        Server& server = *servers_[host];
        server.lies_one_in = server.resets_one_in = 0;
        net_.heal(host);
        if (server.is_stopped()) server.resume();
        const bool is_home = host == home_ || plan_.servers == Plan::Servers::two_replicas;
        if (is_home && server.serves(stranger_)) server.kill();
        if (is_home && !server.is_started()) server.start(image_);
    }
    if (env_.random.one_in(2)) agent_->network_back();
}

}  // namespace nbdroot::sim
