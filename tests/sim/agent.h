// The session process as agent/resident/session.cpp is it, on simulated time: Reconnect decides,
// this does what it says and tells it what happened. It may be killed at any time; another follows.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/resident/reconnect.h"
#include "agent/resident/silence.h"
#include "agent/resident/stall.h"
#include "tests/sim/attempt.h"

namespace nbdroot::sim {

class Agent {
public:
    using Reconnect = agent::resident::Reconnect;

    struct Options {
        std::size_t servers = 1;
        // nbdroot.timeout=; 0: never
        Duration stall_limit{0};
        std::optional<Duration> fail_after{};  // nbdroot.lost=error
        std::optional<Duration> end_after{};   // nbdroot.shutdown-timeout=
    };
    // What uses the connection.
    struct Device {
        std::function<Result<void>(std::shared_ptr<Socket>)> install;
        std::function<void()> drop;
        std::function<void()> fail_requests;
        std::function<agent::resident::BlockCounts()> block_counts;
    };

    Agent(Env& env, Net& net, Options options, Device device);

    // The first attach, which tries until a server answers.
    void boot(const std::function<void(const Attempt::Connection&)>& done);

    void lost(std::string why) { feed(Reconnect::Lost{std::move(why)}); }
    void network_back() { feed(Reconnect::NetworkBack{}); }
    void begin_ending(MachineEnd how);
    void leave();
    void ask() { feed(Reconnect::Asked{"somebody asked"}); }

    // SIGKILL; the guardian starts another one with start_again().
    void kill();
    void start_again();
    [[nodiscard]] bool is_alive() const { return process_ != nullptr; }

    [[nodiscard]] bool is_connected() const {
        return process_ && process_->machine.state() == Reconnect::State::connected;
    }
    [[nodiscard]] std::optional<std::size_t> connected_server() const {
        if (!is_connected()) return std::nullopt;
        return process_->machine.report().server;
    }
    // What the guardian knows of the shutdown.
    struct Shutdown {
        std::optional<MachineEnd> how{};     // the last word
        std::optional<Instant> due{};        // while it counts: when the machine has to end
        std::optional<Instant> ended_due{};  // of the end that came
        std::optional<Instant> ended_at{};
        std::optional<Instant> left_at{};  // Leave
        bool is_over = false;              // the device, after that
    };
    [[nodiscard]] const Shutdown& shutdown() const { return shutdown_; }

    // By when it is connected at the latest, if from now on a server can be had for the asking and
    // each attempt takes at most HANDSHAKE.
    [[nodiscard]] Instant recovery_due(Duration handshake) const;

private:
    struct Process {
        Process(Agent& agent, std::size_t connected_to);

        Reconnect machine;
        std::deque<Reconnect::Event> events{};
        bool stepping = false;
        std::unique_ptr<Attempt> attempt{};
        std::optional<Attempt::Connection> offered{};
        agent::resident::SilenceRule silence{};
        agent::resident::StallRule stall;
        Timer time_passed;
        Timer look;
        bool refused_for_good = false;  // by the server tried last
    };

    void feed(Reconnect::Event event);
    void execute(const Reconnect::Action& action);
    void connect(std::size_t server);
    void on_outcome(Attempt::Outcome outcome);
    void install();
    void after_step();
    void look();
    void end_machine(MachineEnd how);
    void say_good_bye();
    void update_due();
    [[nodiscard]] std::optional<std::string> find_fault();

    Env& env_;
    Net& net_;
    Options options_;
    Device device_;
    std::optional<agent::attach::Identity> identity_;
    std::shared_ptr<Socket> socket_;  // the guardian's duplicate
    std::size_t connected_to_ = 0;
    std::unique_ptr<Process> process_;
    Shutdown shutdown_;
    std::unique_ptr<Attempt> first_;
};

}  // namespace nbdroot::sim
