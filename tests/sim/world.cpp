#include "tests/sim/world.h"

#include <algorithm>
#include <utility>

namespace nbdroot::sim {
namespace {

// After the last fault: 3 s until probes begin, 8 s of silence, an attempt that began in vain and
// lasts its 30 s, pauses; then the kernel's io_timeout, and slow work one after the other.
constexpr Duration kSettleLimit{75'000};

// 3 s until the first probe, 3 s until the next that finds the way cut, 8 s of silence, and a look.
constexpr Duration kDetectionLimit{15'200};

constexpr Duration kLateErrors{2'000};

// 2 s for the server to have it.
constexpr Duration kFarewellLimit{2'001};

// What is still on its way then has time to do harm.
constexpr Duration kAftermath{5'000};

Image make_image(Random& random, const Plan& plan, std::string id, std::size_t blocks) {
    Image image{.id = std::move(id),
                .bytes = Bytes(blocks * kBlockBytes),
                .is_read_only = plan.is_read_only};
    const auto salt = static_cast<std::byte>(random.next());
    for (std::size_t i = 0; i < image.bytes.size(); ++i) {
        image.bytes[i] = static_cast<std::byte>(i / kBlockBytes + i) ^ salt;
    }
    return image;
}

}  // namespace

World::World(const RunOptions& options)
    : env_(options.seed, options.tracing),
      plan_(draw_plan(env_.random)),
      image_(make_image(env_.random, plan_, "A", plan_.image_blocks)),
      stranger_(make_image(env_.random, plan_, "B",
                           plan_.image_blocks + (env_.random.one_in(3) ? 8 : 0))),
      net_(env_, plan_.server_count(), plan_.longest_delay),
      load_(env_, plan_.load, image_.bytes),
      faults_left_(plan_.faults) {
    // Two of the same size must differ.
    stranger_.bytes.front() = image_.bytes.front() ^ std::byte{1};
    untouched_ = stranger_.bytes;
    env_.journal.say("seed ", options.seed, ": ", to_text(plan_));
    for (std::size_t host = 0; host < plan_.server_count(); ++host) {
        servers_.push_back(std::make_unique<Server>(
            env_, net_,
            Server::Settings{.host = host,
                             .fences = options.fencing,
                             .names = plan_.names,
                             .longest_work = plan_.longest_work,
                             .slow_work_percent = plan_.slow_work_percent}));
        servers_.back()->may_say_shutdown = plan_.device == Plan::Device::relayed;
    }
    servers_[0]->start(image_);
    if (plan_.servers == Plan::Servers::one_and_a_stranger) servers_[1]->start(stranger_);
    if (plan_.servers == Plan::Servers::two_replicas) servers_[1]->start(image_);
    boot();
}

void World::boot() {
    const bool relayed = plan_.device == Plan::Device::relayed;
    Agent::Device device;
    device.block_counts = [this] {
        return agent::resident::BlockCounts{.completed = load_.answered(),
                                            .in_flight = load_.in_flight()};
    };
    if (relayed) {
        device.install = [this](auto socket) { return relayed_device_->install(socket); };
        device.drop = [this] { relayed_device_->drop(); };
        device.fail_requests = [this] { relayed_device_->fail_requests(); };
    } else {
        device.install = [this](auto socket) {
            direct_socket_ = socket;
            return direct_kernel_->install(socket);
        };
        device.drop = [this] {
            if (direct_socket_) direct_socket_->shut_down();
            direct_socket_.reset();
        };
    }
    agent_.emplace(env_, net_,
                   Agent::Options{.servers = plan_.server_count(),
                                  .stall_limit = plan_.stall_limit,
                                  .fail_after = plan_.fail_after,
                                  .end_after = plan_.end_after},
                   std::move(device));
    agent_->boot([this, relayed](const Attempt::Connection&) {
        if (relayed) {
            relayed_device_.emplace(
                env_, plan_.relay, pair_,
                RelayedDevice::Events{.kernel_ready = [this] { relayed_kernel_->on_ready(); },
                                      .lost = [this](auto why) { agent_->lost(std::move(why)); },
                                      .died = [this] { restart_agent(); }});
            relayed_kernel_.emplace(env_, load_, plan_.longest_pause, pair_);
        } else {
            direct_kernel_.emplace(env_, load_, plan_.longest_pause,
                                   [this](const auto& socket, const char* why) {
                                       if (socket == direct_socket_) agent_->lost(why);
                                   });
        }
        booted_ = true;
        if (plan_.end_after) shut_down();
        next_fault();
    });
}

void World::restart_agent() {
    agent_->kill();
    if (relayed_device_) relayed_device_->end_process();
    env_.schedule.after(env_.random.between(Duration(0), Duration(100)), [this] {
        if (relayed_device_) relayed_device_->begin_process();
        agent_->start_again();
    });
}

std::optional<std::string> World::run() {
    std::optional<Instant> settled_at;
    while (!env_.journal.failure() && env_.schedule.run_next()) {
        step_checks();
        if (has_ended()) return env_.journal.failure();
        if (!is_settled()) continue;
        if (!settled_at) settled_at = env_.schedule.now();
        if (env_.schedule.now() - *settled_at >= kAftermath) break;
    }
    if (!env_.journal.failure()) check_end();
    return env_.journal.failure();
}

// The machine, or the resident's work.
bool World::has_ended() const {
    const Agent::Shutdown& shutdown = agent_->shutdown();
    if (shutdown.is_over) return true;
    return shutdown.ended_at && env_.schedule.now() - *shutdown.ended_at >= kAftermath;
}

bool World::is_settled() const { return healed_at_ && load_.is_done() && agent_->is_connected(); }

void World::step_checks() {
    if (!booted_) return;
    check_shutdown();
    if (agent_->shutdown().left_at) return;
    if (!agent_->is_connected()) away_at_ = env_.schedule.now();
    // The kernel may read late what it was told while there was no server.
    load_.allow_errors(plan_.fail_after && env_.schedule.now() - away_at_ < kLateErrors);
    check_recovery();
    check_detection();
    if (!healed_at_ || is_settled()) return;
    const Duration since = env_.schedule.now() - *healed_at_;
    if (since > kSettleLimit) {
        env_.journal.fail(load_.in_flight(), " requests unanswered ", since.count(),
                          " ms after the last fault, the agent is ",
                          agent_->is_connected() ? "connected" : "not connected");
    }
}

// A server that gives what is asked for, and none before it in the list that only costs time.
bool World::is_reachable() const {
    bool any = false;
    for (std::size_t host = 0; host < servers_.size(); ++host) {
        const Server& server = *servers_[host];
        if (!net_.link(host).is_whole() || server.is_stopped()) return false;
        if (server.lies_one_in != 0 || server.resets_one_in != 0) return false;
        any = any || server.serves(image_);
    }
    return any;
}

void World::check_recovery() {
    if (!booted_ || !agent_->is_alive() || agent_->is_connected() || !is_reachable()) {
        recovery_due_.reset();
        return;
    }
    // Each message and its answer, and older work that ends first.
    const Duration fencing = plan_.slow_work_percent > 0 ? Server::kSlowWork : plan_.longest_work;
    const Duration handshake = plan_.longest_delay * 8 + Duration(20) + fencing;
    if (!recovery_due_) recovery_due_ = agent_->recovery_due(handshake);
    if (env_.schedule.now() > *recovery_due_) {
        env_.journal.fail("no connection, though a server was reachable for long enough");
    }
}

// A cut without a change of carrier is found out by probes or by what is not acknowledged.
void World::check_detection() {
    const auto server = agent_->connected_server();
    if (!server || net_.link(*server).is_whole()) return deaf_since_.reset();
    if (!deaf_since_) deaf_since_ = env_.schedule.now();
    if (env_.schedule.now() - *deaf_since_ > kDetectionLimit) {
        env_.journal.fail("the way to server ", *server, " is cut and nobody notices");
    }
}

// agent.cpp looks for an end that nobody should see; this for one that does not come.
void World::check_shutdown() {
    const Agent::Shutdown& shutdown = agent_->shutdown();
    const Instant now = env_.schedule.now();
    if (shutdown.left_at && !shutdown.is_over && now - *shutdown.left_at > kFarewellLimit) {
        env_.journal.fail("the farewell has no end");
    }
    if (shutdown.left_at || !shutdown.due || shutdown.ended_due == shutdown.due) return;
    if (now > *shutdown.due) env_.journal.fail("no server for too long, and the machine runs on");
}

void World::check_end() {
    if (!is_settled()) return env_.journal.fail("nothing happens any more");
    if (const auto block = load_.difference(image_.bytes)) {
        env_.journal.fail("the image differs from what was acknowledged, first in block ", *block);
    }
    if (stranger_.bytes != untouched_) env_.journal.fail("the other image was written to");
}

}  // namespace nbdroot::sim
