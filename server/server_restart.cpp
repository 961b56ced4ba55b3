// A new program takes over: first its check, which changes nothing; then what is written is synced,
// so that little is left to sync later; then the clients go, as at a stop, while newcomers wait in
// the backlogs; then execve(2) with the listening sockets.
//
// Where even that fails this program goes on: its sockets, threads and exports are as they were.
#include <memory>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/process.h"
#include "lib/sys/service_manager.h"
#include "server/server.h"

namespace nbdroot::server {
namespace {

// As long as reading some bytes of many images takes on slow disks.
constexpr Duration kCheckLimit = std::chrono::seconds(30);

// Commands that were killed are collected here, not by the next program, which knows none of them.
constexpr Duration kChildrenLimit = std::chrono::seconds(2);
constexpr Duration kChildrenLook = std::chrono::milliseconds(10);

sys::Program with_check(sys::Program program) {
    program.arguments.insert(program.arguments.begin(), "--check");
    return program;
}

}  // namespace

void Server::set_program(Result<std::string> path, std::vector<std::string> arguments) {
    program_path_ = std::move(path);
    arguments_ = std::move(arguments);
}

std::string Server::why_no_restart() const {
    if (on_standard_input_) return "its one client is on standard input: it ends with that";
    if (!program_path_) return program_path_.error().message();
    if (told_to_stop_) return "the server stops";
    return restart_ != Restart::none ? "a restart is under way already" : "";
}

void Server::begin_restart(const RestartDone& done) {
    if (const std::string reason = why_no_restart(); !reason.empty()) {
        return refuse_restart({reason}, done);
    }
    const sys::Program program{.path = *program_path_, .arguments = arguments_, .environment = {}};
    auto check = restart::ProgramCheck::start(
        loop_, with_check(program), kCheckLimit,
        [this, done](const auto& complaints) { on_checked(complaints, done); });
    if (!check) return refuse_restart({check.error().message()}, done);
    restart_ = Restart::checking;
    check_ = std::move(*check);
}

void Server::refuse_restart(const restart::Complaints& complaints, const RestartDone& done) {
    for (const std::string& line : complaints) log_.error(cat("restart: ", line));
    log_.error("restart: nothing has changed");
    done({.program = program_path_.value_or(""), .complaints = complaints});
}

void Server::on_checked(const restart::Complaints& complaints, const RestartDone& done) {
    const auto ended = std::exchange(check_, nullptr);  // calls us
    if (complaints.empty()) return sync_before_restart(done);
    restart_ = Restart::none;
    refuse_restart(complaints, done);
}

void Server::sync_before_restart(const RestartDone& done) {
    restart_ = Restart::syncing;
    auto left = std::make_shared<std::size_t>(0);
    const auto synced = [this, left, done](const Result<void>&) {
        if (--*left == 0) drain_for_restart(done);
    };
    const auto targets = written();
    *left = targets.size();
    if (targets.empty()) return drain_for_restart(done);
    for (const auto& target : targets) target->sync(synced);
}

void Server::drain_for_restart(const RestartDone& done) {
    if (restart_ != Restart::syncing) return;  // told to stop meanwhile
    restart_ = Restart::draining;
    log_.info(cat("restart: ", *program_path_, " takes over; ", clients_.size(),
                  " clients get the answers to what they have asked before, new ones wait"));
    sys::tell_reloading();
    done({.program = *program_path_, .complaints = {}});
    listeners_->hold();
    if (control_) control_->hold();  // the next one to be asked is the new program
    hand_over_by_ = {};
    drain("the server restarts");
}

std::vector<sys::Legacy> Server::legacies() const {
    auto legacies = listeners_->legacies();
    if (control_) {
        legacies.push_back({.fd = control_->descriptor(), .name = listen::kControlSocket});
    }
    return legacies;
}

void Server::hand_over() {
    if (!restarts()) return on_all_synced();  // told to stop meanwhile
    const Instant now = loop_.now();
    if (hand_over_by_ == Instant()) hand_over_by_ = now + kChildrenLimit;
    if (sys::has_children() && now < hand_over_by_) {
        return hand_over_again_->arm(now + kChildrenLook);
    }
    const Error error = sys::succeed_to(
        {.path = *program_path_, .arguments = arguments_, .environment = {}}, legacies());
    log_.error(cat("restart: ", error.message(), "; this program goes on"));
    go_on();
}

void Server::go_on() {
    restart_ = Restart::none;
    state_ = State::serving;
    status_ = ExitStatus::done;
    is_full_ = false;
    listeners_->release();
    if (control_) control_->release();
    mind_room();
    sys::tell_service_manager("READY=1");
}

}  // namespace nbdroot::server
