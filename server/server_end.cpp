// How it ends, or ends for the program that takes over (server_restart.cpp).
#include <csignal>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/daemon.h"
#include "lib/sys/service_manager.h"
#include "server/server.h"

namespace nbdroot::server {
namespace {

// From the signal until clients that do not read their replies are cut off.
constexpr Duration kDrainLimit = std::chrono::seconds(10);

}  // namespace

void Server::on_signal() {
    while (const auto signal = sys::next_signal(signals_.get())) {
        if (*signal == SIGHUP) {
            log_.info("SIGHUP: reading the configuration again");
            begin_reload([](const auto&) {});
        } else if (*signal == SIGUSR2) {
            log_.info("SIGUSR2: a new program shall take over");
            begin_restart([](const auto&) {});
        } else if (!std::exchange(told_to_stop_, true)) {
            stop(*signal);
        } else {
            log_.error("a second signal: leaving at once, replies and syncs may be missing");
            sys::leave_now(static_cast<int>(ExitStatus::cut_short));
        }
    }
}

void Server::stop(int signal) {
    log_.info(cat(signal == SIGTERM ? "SIGTERM" : "SIGINT", ": stopping; ", clients_.size(),
                  " clients get the answers to what they have asked, for at most ",
                  kDrainLimit / std::chrono::seconds(1), " s"));
    // A restart that is under way ends as a stop.
    check_.reset();
    const bool drains = std::exchange(restart_, Restart::none) == Restart::draining;
    if (state_ == State::syncing && !drains) return;  // its one client, on standard input, has gone
    sys::tell_service_manager("STOPPING=1");
    listeners_.reset();
    if (!drains) drain("the server stops");
}

void Server::drain(const std::string& reason) {
    state_ = State::draining;
    drain_deadline_->arm(loop_.now() + kDrainLimit);
    if (surroundings_.service) surroundings_.service->end_all();
    clients_.change_each([&](session::Session& session) { session.drain(reason); });
    on_drained();
}

void Server::on_drain_deadline() {
    if (state_ != State::draining) return;
    status_ = ExitStatus::cut_short;
    clients_.change_each(
        [](session::Session& session) { session.end("did not take its replies in time, closed"); });
    const std::size_t commands = surroundings_.reception.uses->commands();
    if (state_ != State::draining) return;
    log_.warning(cat(commands, " commands around images (prerun, postrun) are not done, cut off"));
    if (restarts()) set_up_commands();  // nothing else would end them
    sync_exports();
}

// When no client is left, nor a command: what one before a client has begun, one after it ends.
void Server::on_drained() {
    const auto& uses = surroundings_.reception.uses;
    const bool is_idle = !uses || uses->commands() == 0;
    if (state_ == State::draining && clients_.empty() && is_idle) sync_exports();
}

std::vector<std::shared_ptr<export_::Export>> Server::written() {
    auto targets = live_.all();
    for (auto& target : surroundings_.reception.machines->targets()) targets.push_back(target);
    std::erase_if(targets, [](const auto& target) { return !target->is_writable(); });
    return targets;
}

void Server::sync_exports() {
    state_ = State::syncing;
    drain_deadline_->cancel();
    for (const auto& target : written()) {
        if (const auto losses = target->losses().failed_syncs(); losses > 0) {
            status_ = ExitStatus::cut_short;
            log_.error(cat(target->log_name(), ": ", losses,
                           " syncs have failed; what was written before them may be lost"));
        }
        ++syncs_running_;
        target->sync([this](const Result<void>& result) { on_synced(result); });
    }
    if (syncs_running_ == 0) on_all_synced();
}

void Server::on_synced(const Result<void>& result) {
    if (!result) status_ = ExitStatus::cut_short;  // the export has logged it
    if (--syncs_running_ == 0) on_all_synced();
}

void Server::on_all_synced() {
    if (restarts()) return hand_over();
    log_.info("stopped");
    loop_.stop();
}

}  // namespace nbdroot::server
