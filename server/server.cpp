#include "server/server.h"

#include <algorithm>
#include <csignal>
#include <new>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/daemon.h"
#include "lib/sys/file.h"
#include "lib/sys/passed_socket.h"
#include "lib/sys/privileges.h"
#include "lib/sys/service_manager.h"

namespace nbdroot::server {
namespace {

// Disk operations that run at the same time: enough to keep a disk's queue busy, few enough to
// cost nothing. They wait; they do not compute.
constexpr unsigned kWorkers = 8;

// From the signal until clients that do not read their replies are cut off.
constexpr Duration kDrainLimit = std::chrono::seconds(10);

// Commands around the use of images. The first ones keep a machine waiting; the others may pack an
// image away, and keep only those waiting who want it again.
constexpr admission::ImageUses::Limits kCommands{
    .before = {.at_once = 32, .of_one_client = 4, .time = std::chrono::seconds(30)},
    .after = {.at_once = 32, .of_one_client = 4, .time = std::chrono::minutes(10)}};

// From one try to get the memory back that was put by, to the next.
constexpr Duration kMemoryPause = std::chrono::seconds(1);

constexpr Duration kComplaintPause = std::chrono::minutes(1);

}  // namespace

Server::Server(io::Loop& loop, const Log& log)
    : loop_(loop),
      log_(log),
      began_(sys::now()),
      began_calendar_us_(sys::calendar_time_us()),
      surroundings_{.loop = loop, .exports = exports_, .log = log},
      clients_(surroundings_),
      live_(loop, log) {
    surroundings_.ended = [this](session::Session& session) { on_session_ended(session); };
    drain_deadline_ = loop.timer([this] { on_drain_deadline(); });
    memory_look_ = loop.timer([this] {
        memory_.refill();
        mind_room();
    });
    listeners_ = std::make_unique<listen::Listeners>(
        loop, log, [this](sys::Accepted accepted) { on_client(std::move(accepted)); });
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
    set_up_reception();
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
    served_.push_back({.config = planned.config, .description = descriptions_.back()});
    auto policy = admission::make_policy(planned.config);
    const std::string name = planned.config.name;
    const bool is_default = planned.config.is_default;
    std::shared_ptr<export_::Export> target;  // none: each client has an image of its own
    if (planned.image) target = NBDROOT_TRY(live_.make(std::move(planned)));
    served_.back().target = target.get();
    if (is_default) exports_.set_default(name);
    exports_.add(name, std::move(target), std::move(policy));
    return {};
}

Result<void> Server::listen(const config::Config& wanted,
                            const std::optional<sys::Account>& owner) {
    return listeners_->open(wanted, owner);
}

Result<void> Server::serve_standard_input() {
    on_standard_input_ = true;
    on_client(NBDROOT_TRY(sys::take_standard_input()));
    return {};
}

void Server::set_limits(const config::Config& wanted) {
    maximum_connections_ = wanted.maximum_connections;
    maximum_connections_per_address_ = wanted.maximum_connections_per_address;
    exports_.set_listed(wanted.lists_exports);
    mind_room();
}

Result<void> Server::become(const sys::Account& account) {
    NBDROOT_CHECK(sys::become(account));
    if (state_directory_.empty() || sys::is_writable_directory(state_directory_)) return {};
    log_.warning(cat("state directory ", state_directory_, ": not writable for user ", account.user,
                     "; which boots are displaced is not remembered"));
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
            .began_calendar_us = began_calendar_us_,
            .accept_pauses = [this] { return listeners_ ? listeners_->pauses() : 0; },
            .reload = reload_ && reload_->has_file()
                          ? [this](auto done) { begin_reload(std::move(done)); }
                          : control::Reload()};
}

void Server::enable_reload(const config::Options& options, const config::Config& started) {
    reload_ = std::make_unique<reload::Reload>(
        reload::Reload::World{
            .loop = loop_,
            .log = log_,
            .pool = *pool_,
            .live = live_,
            .exports = exports_,
            .clients = clients_,
            .apply_limits = [this](const config::Config& wanted) { set_limits(wanted); }},
        reload::Reload::Start{
            .options = options, .config = started, .served = std::exchange(served_, {})});
}

void Server::begin_reload(const reload::Reload::Done& done) {
    if (state_ != State::serving || !reload_) {
        return done({.complaints = {"reload: the server stops; nothing has changed"}});
    }
    sys::tell_reloading();
    reload_->begin([done](const auto& outcome) {
        sys::tell_service_manager("READY=1");
        done(outcome);
    });
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

Result<void> Server::open_metrics(const config::Endpoint& endpoint) {
    metrics_ = NBDROOT_TRY(metrics::Metrics::open(
        loop_, endpoint, [world = world()] { return control::gather(world); }));
    log_.info(cat("metrics at ", metrics_->where()));
    return {};
}

void Server::announce() const {
    sys::tell_service_manager("READY=1");
    const std::string where = on_standard_input_ ? "standard input" : listeners_->where();
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

void Server::set_up_reception() {
    auto& reception = surroundings_.reception;
    reception.images = std::make_unique<admission::ClientImages>(
        *pool_, [this](const config::ExportConfig& wanted, storage::Image image,
                       const std::string& image_id) {
            return live_.make(wanted, std::move(image), image_id);
        });
    reception.uses = std::make_shared<admission::ImageUses>(loop_, log_, kCommands);
    reception.uses->set_on_idle([this] { on_drained(); });
}

void Server::on_client(sys::Accepted accepted) {
    log_.debug(cat("client ", accepted.peer, ": connected"));
    if (!has_room_for(accepted)) return;
    try {
        clients_.begin(std::move(accepted));
    } catch (const std::bad_alloc&) {
        log_.error("no memory for a new client, closed");
    }
    mind_room();
}

bool Server::has_room_for(const sys::Accepted& accepted) {
    const std::uint32_t limit = maximum_connections_per_address_;
    if (limit == config::kNoLimit || !accepted.address) return true;
    if (clients_.at(*accepted.address) < limit) return true;
    const std::string reason =
        cat("closed: its address has all the ", limit,
            " connections that it may have (address-max-connections of the whole server)");
    surroundings_.tally.refused(session::Refusal::limit);
    const auto more = surroundings_.refusals.on_refusal(accepted.peer, reason, loop_.now());
    if (more) log_.info(cat("client ", accepted.peer, ": ", reason, *more));
    return false;
}

void Server::mind_room() {
    const bool lacks_memory = !memory_.is_whole();
    if (lacks_memory) memory_look_->arm(loop_.now() + kMemoryPause);
    const bool is_full = lacks_memory || (maximum_connections_ != config::kNoLimit &&
                                          clients_.size() >= maximum_connections_);
    if (is_full == is_full_ || !listeners_) return;
    is_full_ = is_full;
    if (!is_full) return listeners_->release();
    listeners_->hold();
    if (loop_.now() < full_quiet_until_) return;
    full_quiet_until_ = loop_.now() + kComplaintPause;
    if (lacks_memory) {
        log_.error("no memory; new clients wait until there is some, or another one leaves");
        return;
    }
    log_.warning(cat("all the ", maximum_connections_,
                     " connections are in use (max-connections); new clients wait until another "
                     "one leaves"));
}

void Server::on_session_ended(session::Session& session) {
    clients_.remove(session);
    if (control_) control_->on_client_gone();
    if (listeners_) listeners_->retry();
    mind_room();
    if (on_standard_input_ && state_ == State::serving) state_ = State::draining;
    on_drained();
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
            log_.info("SIGHUP: reading the configuration again");
            begin_reload([](const auto&) {});
        } else if (!std::exchange(told_to_stop_, true)) {
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
    if (state_ == State::syncing) return;  // its one client, on standard input, has gone
    state_ = State::draining;
    sys::tell_service_manager("STOPPING=1");
    listeners_.reset();
    drain_deadline_->arm(loop_.now() + kDrainLimit);
    clients_.change_each([](session::Session& session) { session.drain("the server stops"); });
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
    sync_exports();
}

// When no client is left, nor a command: what one before a client has begun, one after it ends.
void Server::on_drained() {
    const auto& uses = surroundings_.reception.uses;
    const bool is_idle = !uses || uses->commands() == 0;
    if (state_ == State::draining && clients_.empty() && is_idle) sync_exports();
}

void Server::sync_exports() {
    state_ = State::syncing;
    drain_deadline_->cancel();
    for (const auto& target : live_.all()) {
        if (!target->is_writable()) continue;
        if (const auto losses = target->losses().count(); losses > 0) {
            status_ = ExitStatus::cut_short;
            log_.error(cat("export '", target->name(), "': ", losses,
                           " syncs have failed; what was written before them may be lost"));
        }
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
