#include "server/server.h"

#include <algorithm>
#include <csignal>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/daemon.h"

namespace nbdroot::server {
namespace {

// Disk operations that run at the same time: enough to keep a disk's queue busy, few enough to
// cost nothing. They wait; they do not compute.
constexpr unsigned kWorkers = 8;

// From the signal until clients that do not read their replies are cut off.
constexpr Duration kDrainLimit = std::chrono::seconds(10);

}  // namespace

Server::Server(io::Loop& loop, const Log& log)
    : loop_(loop),
      log_(log),
      began_(sys::now()),
      surroundings_{.loop = loop, .exports = exports_, .log = log},
      clients_(surroundings_),
      live_(loop, log) {
    surroundings_.ended = [this](session::Session& session) { on_session_ended(session); };
    drain_deadline_ = loop.timer([this] { on_drain_deadline(); });
}

Result<void> Server::start() {
    sys::ignore_signal(SIGPIPE);
    sys::ignore_signal(SIGXFSZ);  // a limit on file sizes is an error of one write (EFBIG)
    signals_ = NBDROOT_TRY(sys::signals_as_descriptor({SIGTERM, SIGINT, SIGHUP}));
    signal_watch_ = NBDROOT_TRY(
        loop_.watch(signals_.get(), {.readable = true}, [this](io::Ready) { on_signal(); }));
    pool_ = NBDROOT_TRY(storage::WorkerPool::start(loop_, kWorkers));
    pool_->set_after_batch([this] { on_batch(); });
    live_.set_pool(*pool_);
    image_watch_ = std::make_unique<ImageWatch>(
        loop_, *pool_, log_,
        ImageWatch::Sources{
            .exports = [this] { return live_.all(); },
            .clients = [this](const auto& target) { return clients_.users_of(target).size(); }});
    const auto raised = sys::raise_descriptor_limit();
    if (!raised) log_.warning(cat(raised.error().message(), "; fewer clients than usual"));
    return {};
}

void Server::set_state_directory(const std::string& path) {
    state_directory_ = path;
    live_.set_state_directory(path);
}

Result<void> Server::add_export(PlannedExport planned) {
    descriptions_.push_back(describe(planned));
    auto policy = admission::make_policy(planned.config);
    const std::string name = planned.config.name;
    const bool is_default = planned.config.is_default;
    auto target = NBDROOT_TRY(live_.make(std::move(planned)));
    if (is_default) exports_.set_default(name);
    exports_.add(name, std::move(target), std::move(policy));
    return {};
}

Result<void> Server::listen(const config::Endpoint& endpoint) {
    acceptors_.push_back(
        NBDROOT_TRY(listen::Acceptor::open(loop_, endpoint, log_, [this](sys::Accepted accepted) {
            on_client(std::move(accepted));
        })));
    return {};
}

control::World Server::world() {
    return {.loop = loop_,
            .log = log_,
            .exports = exports_,
            .clients = clients_,
            .draining = surroundings_.draining,
            .tally = surroundings_.tally,
            .began = began_,
            .accept_pauses =
                [this] {
                    std::uint64_t sum = 0;
                    for (const auto& acceptor : acceptors_) sum += acceptor->pauses();
                    return sum;
                },
            .reload = {}};
}

Result<void> Server::open_control(const std::string& path) {
    auto control = control::Control::open(world(), path);
    if (control) {
        control_ = std::move(*control);
        return {};
    }
    if (!path.empty()) return tl::unexpected(control.error());
    log_.info(cat("no control socket: ", control.error().message(),
                  "; --control-socket PATH asks for another place"));
    return {};
}

void Server::announce() const {
    std::string where;
    for (const auto& acceptor : acceptors_) {
        where += cat(where.empty() ? "" : " and ", acceptor->where());
    }
    for (const std::string& description : descriptions_) {
        log_.info(cat("serving ", description, ", on ", where));
    }
    const auto& entries = exports_.entries();
    const bool remembers = std::any_of(entries.begin(), entries.end(), [](const auto& entry) {
        return entry.target && entry.target->one_writer();
    });
    if (remembers && state_directory_.empty()) {
        log_.info(
            "no state directory: a machine displaced by another may come back after a "
            "restart of this server");
    }
}

Result<ExitStatus> Server::run() {
    NBDROOT_CHECK(loop_.run());
    return status_;
}

void Server::on_client(sys::Accepted accepted) {
    log_.debug(cat("client ", accepted.peer, ": connected"));
    clients_.begin(std::move(accepted));
}

void Server::on_session_ended(session::Session& session) {
    clients_.remove(session);
    if (control_) control_->on_client_gone();
    for (const auto& acceptor : acceptors_) acceptor->retry();
    if (state_ == State::draining && clients_.empty()) sync_exports();
}

void Server::on_batch() {
    const auto changed = std::exchange(surroundings_.changed, {});
    for (const auto& weak : changed) {
        if (const auto session = weak.lock()) session->resume();
    }
}

void Server::on_signal() {
    while (const auto signal = sys::next_signal(signals_.get())) {
        if (*signal == SIGHUP) {
            log_.warning("SIGHUP: nothing is reloaded; restart the server for a new configuration");
        } else if (state_ == State::serving) {
            drain(*signal);
        } else {
            log_.error("a second signal: leaving at once, replies and syncs may be missing");
            sys::leave_now(static_cast<int>(ExitStatus::cut_short));
        }
    }
}

void Server::drain(int signal) {
    log_.info(cat(signal == SIGTERM ? "SIGTERM" : "SIGINT", ": stopping; ", clients_.size(),
                  " clients get the answers to what they have asked, for at most ",
                  kDrainLimit / std::chrono::seconds(1), " s"));
    state_ = State::draining;
    acceptors_.clear();
    drain_deadline_->arm(loop_.now() + kDrainLimit);
    clients_.change_each([](session::Session& session) { session.drain("the server stops"); });
    if (clients_.empty() && state_ == State::draining) sync_exports();
}

void Server::on_drain_deadline() {
    if (state_ != State::draining) return;
    status_ = ExitStatus::cut_short;
    clients_.change_each(
        [](session::Session& session) { session.end("did not take its replies in time, closed"); });
}

void Server::sync_exports() {
    state_ = State::syncing;
    drain_deadline_->cancel();
    for (const auto& [name, target, policy] : exports_.entries()) {
        if (!target || target->image().access() == storage::Access::read_only) continue;
        ++syncs_running_;
        target->sync([this](const Result<void>& result) { on_synced(result); });
    }
    if (syncs_running_ == 0) loop_.stop();
}

void Server::on_synced(const Result<void>& result) {
    if (!result) status_ = ExitStatus::cut_short;  // the export has logged it
    if (--syncs_running_ > 0) return;
    log_.info("stopped");
    loop_.stop();
}

}  // namespace nbdroot::server
