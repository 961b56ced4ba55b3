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

// Commands around the use of images. The first ones keep a machine waiting; the others may pack an
// image away, and keep only those waiting who want it again.
constexpr admission::ImageUses::Limits kCommands{
    .before = {.at_once = 32, .of_one_client = 4, .time = std::chrono::seconds(30)},
    .after = {.at_once = 32, .of_one_client = 4, .time = std::chrono::minutes(10)}};

// From one try to get the memory back that was put by, to the next.
constexpr Duration kMemoryPause = std::chrono::seconds(1);

constexpr Duration kComplaintPause = std::chrono::minutes(1);

}  // namespace

Server::Server(io::Loop& loop, const Log& log, listen::Inheritance inherited)
    : loop_(loop),
      log_(log),
      began_(sys::now()),
      began_calendar_us_(sys::calendar_time_us()),
      inherited_(std::move(inherited)),
      surroundings_{.loop = loop, .exports = exports_, .log = log},
      clients_(surroundings_),
      live_(loop, log) {
    surroundings_.ended = [this](session::Session& session) { on_session_ended(session); };
    drain_deadline_ = loop.timer([this] { on_drain_deadline(); });
    hand_over_again_ = loop.timer([this] { hand_over(); });
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
    signals_ = NBDROOT_TRY(sys::signals_as_descriptor({SIGTERM, SIGINT, SIGHUP, SIGUSR2}));
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
    set_up_promotion();
    NBDROOT_CHECK(set_up_service());
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
    auto former = std::exchange(planned.former, {});
    const config::ExportConfig wanted = planned.config;
    std::shared_ptr<export_::Export> target;  // none: each client has an image of its own
    if (planned.image) target = NBDROOT_TRY(live_.make(std::move(planned)));
    served_.back().target = target.get();
    if (is_default) exports_.set_default(name);
    exports_.add(name, std::move(target), std::move(policy));
    std::reverse(former.begin(), former.end());  // each is put before the others
    for (promote::FormerImage& one : former) {
        const std::string path = one.image.path();
        formers_->keep(name, live_.make(wanted, std::move(one.image), one.image_id), path);
    }
    return {};
}

// What a server that has served before lacks does not end it.
Result<void> Server::judge(const Result<void>& result) const {
    if (result || !inherited_.from_predecessor()) return result;
    log_.error(result.error().message() + "; the server goes on without it");
    return {};
}

Result<void> Server::listen(const config::Config& wanted,
                            const std::optional<sys::Account>& owner) {
    return listeners_->open(wanted, owner, inherited_);
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
    if (const auto became = sys::become(account); !became) return judge(became);
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
                          : control::Reload(),
            .restart = [this](auto done) { begin_restart(std::move(done)); },
            .machines = surroundings_.reception.machines,
            .promote = [this](const auto& order, const auto& done) { promote(order, done); },
            .former_path = [this](const auto& one) { return formers_->path_of(one); },
            .root_of = [this](const auto& target) { return roots_->view(target.image()); }};
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
            .formers = *formers_,
            .machines = *surroundings_.reception.machines,
            .apply_limits = [this](const config::Config& wanted) { set_limits(wanted); }},
        reload::Reload::Start{
            .options = options, .config = started, .served = std::exchange(served_, {})});
}

void Server::begin_reload(const reload::Reload::Done& done) {
    if (state_ != State::serving || !reload_) {
        return done({.complaints = {"reload: the server stops; nothing has changed"}});
    }
    promotion_->when_idle([this, done] {
        sys::tell_reloading();
        reload_->begin([this, done](const auto& outcome) {
            surroundings_.reception.machines->heed_exports();
            sys::tell_service_manager("READY=1");
            done(outcome);
        });
    });
}

void Server::set_up_promotion() {
    formers_ = std::make_unique<promote::Formers>(
        promote::Formers::World{.loop = loop_,
                                .log = log_,
                                .pool = *pool_,
                                .exports = exports_,
                                .clients = clients_,
                                .overlays = [machines = surroundings_.reception.machines] {
                                    return machines->image_ids();
                                }});
    promotion_ = std::make_unique<promote::Promotion>(promote::Promotion::World{
        .log = log_,
        .pool = *pool_,
        .live = live_,
        .exports = exports_,
        .formers = *formers_,
        .is_reloading = [this] { return reload_ && reload_->is_running(); },
        .changed =
            [this](const export_::Export& target) {
                if (reload_) reload_->on_promoted(target);
            },
        .files_begin_to_move = [this] { image_watch_->begin_moves(); },
        .files_have_moved =
            [this](const std::vector<promote::Promotion::Move>& moves) {
                for (const auto& one : moves) image_watch_->on_moved(one.file, one.path);
                image_watch_->end_moves();
            }});
}

void Server::promote(const promote::Order& order, const promote::Done& done) {
    if (state_ != State::serving) {
        return done(fail("promote", "", "the server stops; nothing has changed"));
    }
    promotion_->promote(order, done);
}

Result<void> Server::open_control(const std::string& path) {
    auto control = control::Control::open(world(), path, [this](const std::string& wanted) {
        return inherited_.take(listen::kControlSocket, wanted);
    });
    // One that is not wanted any more, or whose file has gone.
    (void)inherited_.take_rest(listen::kControlSocket);
    if (control) {
        control_ = std::move(*control);
        return {};
    }
    if (!path.empty()) return judge(tl::unexpected(control.error()));
    log_.info(cat("no control socket: ", control.error().message(),
                  "; --control-socket PATH asks for another place"));
    return {};
}

Result<void> Server::open_metrics(const config::Endpoint& endpoint) {
    auto opened = metrics::Metrics::open(loop_, endpoint,
                                         [world = world()] { return control::gather(world); });
    if (!opened) return judge(tl::unexpected(opened.error()));
    metrics_ = std::move(*opened);
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
    auto& machines = *surroundings_.reception.machines;
    if (!state_directory_.empty()) machines.set_record(state_directory_ + "/overlay-directories");
    machines.heed_exports();
    roots_->begin(state_directory_);
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
    set_up_commands();
    reception.machines = std::make_shared<machines::Machines>(
        machines::World{.loop = loop_, .pool = *pool_, .log = log_, .exports = exports_});
}

// Those that still run are ended.
void Server::set_up_commands() {
    auto& uses = surroundings_.reception.uses;
    uses = std::make_shared<admission::ImageUses>(loop_, log_, kCommands);
    uses->set_on_idle([this] { on_drained(); });
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
    const auto& service = surroundings_.service;
    const std::size_t there =
        clients_.at(*accepted.address) + (service ? service->at(*accepted.address) : 0);
    if (there < limit) return true;
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
                                          connections() >= maximum_connections_);
    if (is_full == is_full_ || !listeners_ || restarts()) return;
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

}  // namespace nbdroot::server
