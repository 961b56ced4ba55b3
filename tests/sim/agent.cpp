#include "tests/sim/agent.h"

#include <utility>

namespace nbdroot::sim {
namespace {

// agent/attach/retry.h, with the jitter
constexpr Duration kLongestQuickPause{313};
constexpr Duration kLongestPause{1'250};
constexpr Duration kQuickPhase{30'000};

constexpr Duration kLookInterval{1'000};

// agent/resident/direct_connection.cpp
constexpr Duration kPartingLimit{2'000};

std::vector<std::string> names(std::size_t count) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i < count; ++i) all.push_back(cat("server ", i));
    return all;
}

}  // namespace

Agent::Process::Process(Agent& agent, std::size_t connected_to)
    : machine({.servers = names(agent.options_.servers),
               .connected_to = connected_to,
               .seed = static_cast<std::uint32_t>(agent.env_.random.next()),
               .fail_after = agent.options_.fail_after,
               .end_after = agent.options_.end_after,
               .ending = agent.shutdown_.how},
              agent.env_.schedule.now()),
      stall(agent.options_.stall_limit),
      time_passed(agent.env_.schedule, [&agent] { agent.feed(Reconnect::TimePassed{}); }),
      look(agent.env_.schedule, [&agent] { agent.look(); }) {}

Agent::Agent(Env& env, Net& net, Options options, Device device)
    : env_(env), net_(net), options_(options), device_(std::move(device)) {}

void Agent::boot(const std::function<void(const Attempt::Connection&)>& done) {
    first_ = std::make_unique<Attempt>(
        env_, net_, 0, std::nullopt, [this, done](Attempt::Outcome outcome) {
            first_.reset();
            auto* const connection = std::get_if<Attempt::Connection>(&outcome);
            if (connection == nullptr) return boot(done);
            identity_ = connection->identity;
            socket_ = connection->socket;
            env_.journal.say("agent: boots from ", identity_->canonical_name);
            done(*connection);
            if (!device_.install(connection->socket)) env_.journal.fail("the device takes nothing");
            process_ = std::make_unique<Process>(*this, 0);
            after_step();
        });
}

void Agent::kill() {
    env_.journal.say("agent: is killed");
    process_.reset();
    shutdown_.left_at.reset();
    update_due();
}

void Agent::start_again() {
    env_.journal.say("agent: starts again");
    process_ = std::make_unique<Process>(*this, connected_to_);
    feed(Reconnect::Asked{"the process that kept it has ended"});
}

// Actions may cause events; those wait until all actions of the step are done.
void Agent::feed(Reconnect::Event event) {
    if (!process_) return;
    process_->events.push_back(std::move(event));
    if (std::exchange(process_->stepping, true)) return;
    while (process_ && !process_->events.empty()) {
        const Reconnect::Event next = std::move(process_->events.front());
        process_->events.pop_front();
        env_.journal.say("agent: ", name_of(next), " while ", name_of(process_->machine.state()));
        const auto actions = process_->machine.step(next, env_.schedule.now());
        update_due();
        for (const auto& line : process_->machine.take_lines()) {
            env_.journal.say("agent: ", line.text);
            if (line.text.find("makes no sense") != std::string::npos) {
                env_.journal.fail(line.text);
            }
        }
        for (const auto& action : actions) {
            if (process_) execute(action);
        }
    }
    if (!process_) return;
    process_->stepping = false;
    after_step();
}

void Agent::execute(const Reconnect::Action& action) {
    if (const auto* const to = std::get_if<Reconnect::Connect>(&action)) return connect(to->server);
    if (std::holds_alternative<Reconnect::Drop>(action)) {
        socket_.reset();
        return device_.drop();
    }
    if (std::holds_alternative<Reconnect::Install>(action)) return install();
    if (std::holds_alternative<Reconnect::Abandon>(action)) {
        process_->attempt.reset();
        process_->offered.reset();
        return;
    }
    if (std::holds_alternative<Reconnect::FailRequests>(action)) return device_.fail_requests();
    if (const auto* const end = std::get_if<Reconnect::EndMachine>(&action)) {
        return end_machine(end->how);
    }
    if (std::holds_alternative<Reconnect::Farewell>(action)) return say_good_bye();
    if (!shutdown_.left_at) env_.journal.fail("the agent gives up");  // no policy asks for it
    shutdown_.is_over = true;                                         // Disconnect, End
}

void Agent::begin_ending(MachineEnd how) {
    if (!process_ || process_->machine.state() == Reconnect::State::over) return;
    shutdown_.how = how;
    feed(Reconnect::Ending{how});
}

void Agent::leave() {
    if (!process_) return;
    shutdown_.left_at = env_.schedule.now();
    feed(Reconnect::Leave{});
}

// Only without a server for all of the time, only with the last word, and once.
void Agent::end_machine(MachineEnd how) {
    if (shutdown_.how != how) env_.journal.fail("the machine ends in a way that nobody asked for");
    if (!shutdown_.due || env_.schedule.now() < *shutdown_.due) {
        env_.journal.fail("the machine ends too early");
    }
    if (shutdown_.ended_due == shutdown_.due) env_.journal.fail("the machine ends twice");
    shutdown_.ended_due = shutdown_.due;
    shutdown_.ended_at = env_.schedule.now();
}

// The driver tells the server, and is waited for.
void Agent::say_good_bye() {
    env_.schedule.after(env_.random.between(Duration(0), kPartingLimit), [this] {
        // Where the process was killed, the next one knows of no farewell.
        if (shutdown_.left_at) feed(Reconnect::DeviceOver{"the farewell is said"});
    });
}

// As this file sees it, not Reconnect: from the last of the word, the loss and the process's begin.
void Agent::update_due() {
    const bool counts = shutdown_.how && options_.end_after && process_ && !is_connected();
    if (!counts) return shutdown_.due.reset();
    if (!shutdown_.due) shutdown_.due = env_.schedule.now() + *options_.end_after;
}

void Agent::connect(std::size_t server) {
    if (shutdown_.left_at) env_.journal.fail("a new connection after the farewell");
    process_->offered.reset();
    process_->attempt = std::make_unique<Attempt>(
        env_, net_, server, identity_,
        [this](Attempt::Outcome outcome) { on_outcome(std::move(outcome)); });
}

void Agent::on_outcome(Attempt::Outcome outcome) {
    process_->attempt.reset();
    if (auto* const connection = std::get_if<Attempt::Connection>(&outcome)) {
        process_->offered = std::move(*connection);
        return feed(Reconnect::Offered{});
    }
    auto& failure = std::get<agent::attach::Retry::Failure>(outcome);
    process_->refused_for_good = failure.is_lasting;
    feed(Reconnect::Failed{std::move(failure)});
}

void Agent::install() {
    if (!process_->offered) return env_.journal.fail("Install, and nothing was offered");
    const auto connection = std::move(*process_->offered);
    process_->offered.reset();
    socket_ = connection.socket;
    connected_to_ = process_->machine.report().server;
    const auto taken = device_.install(connection.socket);
    if (!process_) return;
    if (taken) return feed(Reconnect::Taken{});
    feed(Reconnect::NotTaken{taken.error()});
}

void Agent::after_step() {
    if (const auto deadline = process_->machine.next_deadline()) {
        process_->time_passed.arm(*deadline);
    } else {
        process_->time_passed.cancel();
    }
    const bool watched = is_connected();
    if (!watched) process_->look.cancel();
    if (watched && !process_->look.is_armed()) {
        process_->silence.reset();
        process_->stall.reset();
        process_->look.arm_after(kLookInterval);
    }
}

void Agent::look() {
    process_->look.arm_after(kLookInterval);
    if (auto fault = find_fault()) feed(Reconnect::Unusable{std::move(*fault)});
}

// agent/resident/watchdog.cpp
std::optional<std::string> Agent::find_fault() {
    const Instant now = env_.schedule.now();
    if (socket_ && process_->silence.is_dead(socket_->info(), now)) return "silent";
    const bool stalled = options_.stall_limit > Duration(0) &&
                         process_->stall.is_stalled(device_.block_counts(), now);
    if (stalled) return "no answers";
    return std::nullopt;
}

Instant Agent::recovery_due(Duration handshake) const {
    const Instant now = env_.schedule.now();
    const auto round = static_cast<Duration::rep>(options_.servers) * handshake;
    if (process_->attempt) return process_->attempt->deadline() + kLongestPause + round;
    const Instant lost_at = process_->machine.report().lost_at.value_or(now);
    const bool quick = now - lost_at < kQuickPhase && !process_->refused_for_good;
    return now + (quick ? kLongestQuickPause : kLongestPause) + round;
}

}  // namespace nbdroot::sim
