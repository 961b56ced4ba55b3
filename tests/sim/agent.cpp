#include "tests/sim/agent.h"

#include <utility>

namespace nbdroot::sim {
namespace {

// agent/attach/retry.h, with the jitter
constexpr Duration kLongestQuickPause{313};
constexpr Duration kLongestPause{1'250};
constexpr Duration kQuickPhase{30'000};

constexpr Duration kLookInterval{1'000};

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
               .fail_after = agent.options_.fail_after},
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
    env_.journal.fail("the agent gives up");  // no policy here asks for it
}

void Agent::connect(std::size_t server) {
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
