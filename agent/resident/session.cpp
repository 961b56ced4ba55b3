#include "agent/resident/session.h"

#include <cerrno>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "agent/attach/attempt.h"
#include "agent/resident/control.h"
#include "agent/resident/debug_report.h"
#include "agent/resident/debug_signal.h"
#include "agent/resident/desk.h"
#include "agent/resident/device_end.h"
#include "agent/resident/direct_connection.h"
#include "agent/resident/journal.h"
#include "agent/resident/known_image.h"
#include "agent/resident/notes.h"
#include "agent/resident/overlay_watch.h"
#include "agent/resident/reconnect.h"
#include "agent/resident/reconnect_options.h"
#include "agent/resident/relayed_connection.h"
#include "agent/resident/root_network.h"
#include "agent/resident/status.h"
#include "agent/resident/watchdog.h"
#include "lib/base/text.h"
#include "lib/sys/passed_fd.h"
#include "lib/sys/process.h"
#include "lib/sys/reboot.h"
#include "lib/sys/stream.h"
#include "lib/sys/tcp_liveness.h"

namespace nbdroot::agent::resident {
namespace {

class Session {
public:
    Session(io::Loop& loop, const Plan& plan, Held& held, int guardian, const Log& outer)
        : loop_(loop),
          plan_(plan),
          held_(held),
          guardian_(guardian),
          notes_(held.notes.bytes()),
          journal_(loop, outer, EventRing(held.events.bytes()), notes_,
                   notes_.log_level().value_or(outer.threshold())),
          log_(journal_.log()),
          image_(plan, notes_),
          machine_(reconnect_options(plan, held), loop.now()),
          timer_(loop.timer([this] { feed(Reconnect::TimePassed{}); })),
          watchdog_(loop, notes_.timeout_seconds().value_or(plan.timeout_seconds), requests(),
                    [this](std::string why) { feed(Reconnect::Unusable{std::move(why)}); }),
          desk_({.plan = plan,
                 .notes = notes_,
                 .journal = journal_,
                 .watchdog = watchdog_,
                 .state = [this] { return machine_.state(); },
                 .feed = [this](Reconnect::Event event) { feed(std::move(event)); },
                 .status = [this] { return status_text(); },
                 .debug = [this] { return to_json(debug_report()); }}),
          debug_signal_(loop, [this] { write_debug(); }) {}

    Result<void> run(Start start) {
        const auto first_turn = loop_.timer([this, start] { begin(start); });
        first_turn->arm(loop_.now());
        return loop_.run();
    }

private:
    void begin(Start start);
    void take_over(Start start);
    void on_over(const Result<void>& result);
    void open_control();
    void watch_boot();
    void write_debug() const;

    void on_network_back();
    void feed(Reconnect::Event event);
    void execute(const Reconnect::Action& action);
    void connect(std::size_t server);
    void on_outcome(attach::Attempt::Outcome outcome);
    void install();
    [[nodiscard]] Result<void> install(attach::Connection connection);
    void not_installed(Error error);
    void drop();
    void end_machine(MachineEnd how);
    void say_good_bye();
    void fail_requests();
    void disconnect();
    void after_step();

    [[nodiscard]] int socket() const {
        return direct_ ? direct_->socket() : relayed_ ? relayed_->socket() : -1;
    }
    [[nodiscard]] Watchdog::Requests requests();
    [[nodiscard]] std::string status_text() const;
    [[nodiscard]] DebugReport debug_report() const;
    void publish();

    io::Loop& loop_;
    const Plan& plan_;
    Held& held_;
    int guardian_;
    Notes notes_;
    Journal journal_;
    const Log& log_;
    KnownImage image_;
    Reconnect machine_;
    std::deque<Reconnect::Event> events_;
    bool stepping_ = false;
    std::unique_ptr<io::Timer> timer_;
    Watchdog watchdog_;
    Desk desk_;
    DebugSignal debug_signal_;
    std::unique_ptr<DirectConnection> direct_;
    std::unique_ptr<RelayedConnection> relayed_;
    std::unique_ptr<attach::Attempt> attempt_;
    std::optional<attach::Connection> offered_;
    std::unique_ptr<RootNetwork> network_;
    std::unique_ptr<Control> control_;
    std::unique_ptr<io::Watch> boot_watch_;
    std::unique_ptr<OverlayWatch> overlay_watch_;
    std::optional<Reconnect::State> published_;
};

void Session::begin(Start start) {
    take_over(start);
    network_ = std::make_unique<RootNetwork>(
        loop_, plan_, held_, log_,
        RootNetwork::Events{
            .back = [this] { on_network_back(); },
            .replaced = [this] { feed(Reconnect::Asked{"the address has changed"}); }});
    open_control();
    watch_boot();
    if (const auto& outcome = debug_signal_.outcome(); !outcome) {
        log_.warning(cat("attach: ", outcome.error().message(), "; going on without it"));
    }
    if (plan_.has_overlay && held_.run) {
        overlay_watch_ = std::make_unique<OverlayWatch>(loop_, *held_.run, log_);
    }
    after_step();
}

// The connection that was there before this process.
void Session::take_over(Start start) {
    const auto lost = [this](std::string why) { feed(Reconnect::Lost{std::move(why)}); };
    if (plan_.is_relayed) {
        relayed_ = std::make_unique<RelayedConnection>(
            loop_, held_.kernel.get(), held_.store.bytes(),
            RelayedConnection::Callbacks{
                .lost = lost, .over = [this](const Result<void>& result) { on_over(result); }});
        const auto started = relayed_->start();
        if (!started) return on_over(started);
    } else {
        direct_ = std::make_unique<DirectConnection>(
            loop_,
            DirectConnection::Device{
                .name = plan_.device,
                .index = plan_.device_index,
                .backend_identifier = plan_.backend_identifier,
                .dead_connection_timeout_seconds = plan_.dead_connection_timeout_seconds},
            held_.news ? &*held_.news : nullptr,
            DirectConnection::Callbacks{.lost = lost,
                                        .replaced =
                                            [this](const sys::Fd& socket) {
                                                // Where the guardian is gone nobody will need it.
                                                (void)sys::pass_fd(guardian_, socket.get());
                                            },
                                        .parted = [this] { on_over({}); }});
    }
    const std::string& server = machine_.server_name();
    const Reconnect::Asked again{.why = "the process that kept it has ended",
                                 .server = desk_.wish()};
    if (relayed_ && !held_.connection) {  // it went with the process that had it
        return feed(again);
    }
    const auto taken = relayed_ ? relayed_->install(std::move(held_.connection), server)
                                : direct_->watch(std::move(held_.connection));
    if (!taken) feed(Reconnect::Lost{taken.error().message()});
    if (start == Start::again) feed(again);
}

// The relay has nothing left to do: the driver has let go of its socket, or sends what cannot be.
void Session::on_over(const Result<void>& result) {
    // With a relay the driver waits for another server until it is told.
    const bool left = machine_.state() == Reconnect::State::leaving;
    if (!result || (left && relayed_)) disconnect();
    feed(Reconnect::DeviceOver{result ? cat("/dev/", plan_.device, " was disconnected")
                                      : result.error().message()});
}

void Session::open_control() {
    if (!held_.control) return;
    control_ = std::make_unique<Control>(
        loop_, held_.control.get(), [this](std::string_view line) { return desk_.answer(line); });
}

void Session::watch_boot() {
    if (!held_.boot) return;
    auto watch = loop_.watch(held_.boot.get(), {.readable = true}, [this](io::Ready) {
        boot_watch_.reset();
        feed(Reconnect::BootOver{});
    });
    if (watch) boot_watch_ = std::move(*watch);
}

void Session::write_debug() const {
    for (const std::string& line : to_lines(debug_report())) journal_.print(line);
}

// A server that answers is near: whatever came back, its answer is worth waiting for.
void Session::on_network_back() {
    if (attempt_ && attempt_->is_negotiating()) return;
    feed(Reconnect::NetworkBack{});
}

// Actions may cause events; those wait until all actions of the step are done.
void Session::feed(Reconnect::Event event) {
    events_.push_back(std::move(event));
    if (std::exchange(stepping_, true)) return;
    while (!events_.empty()) {
        const Reconnect::Event next = std::move(events_.front());
        events_.pop_front();
        const auto actions = machine_.step(next, loop_.now());
        for (const auto& line : machine_.take_lines()) log_.write(line.level, line.text);
        for (const auto& action : actions) execute(action);
    }
    stepping_ = false;
    after_step();
}

void Session::after_step() {
    notes_.set_ending(machine_.report().ending);
    if (const auto deadline = machine_.next_deadline()) {
        timer_->arm(*deadline);
    } else {
        timer_->cancel();
    }
    const bool connected = machine_.state() == Reconnect::State::connected;
    if (connected) {
        const Reconnect::Report& report = machine_.report();
        notes_.set_connections({.server = report.server,
                                .reconnects = report.reconnects,
                                .longest_outage = report.longest_outage});
        notes_.set_wish(std::nullopt);
    }
    watchdog_.watch(connected ? socket() : -1);
    publish();
}

void Session::execute(const Reconnect::Action& action) {
    if (const auto* const to = std::get_if<Reconnect::Connect>(&action)) return connect(to->server);
    if (std::holds_alternative<Reconnect::Drop>(action)) return drop();
    if (std::holds_alternative<Reconnect::Install>(action)) return install();
    if (const auto* const end = std::get_if<Reconnect::EndMachine>(&action)) {
        return end_machine(end->how);
    }
    if (std::holds_alternative<Reconnect::Farewell>(action)) return say_good_bye();
    if (std::holds_alternative<Reconnect::Disconnect>(action)) return disconnect();
    if (std::holds_alternative<Reconnect::End>(action)) return loop_.stop();
    if (std::holds_alternative<Reconnect::FailRequests>(action)) {
        return fail_requests();
    }
    attempt_.reset();  // Abandon
    offered_.reset();
}

void Session::connect(std::size_t server) {
    offered_.reset();
    attempt_ = std::make_unique<attach::Attempt>(
        loop_, plan_.servers[server], attach::Limits{}, std::nullopt, image_.identity(),
        [this](attach::Attempt::Outcome outcome) { on_outcome(std::move(outcome)); });
}

void Session::on_outcome(attach::Attempt::Outcome outcome) {
    attempt_.reset();
    if (auto* const connection = std::get_if<attach::Connection>(&outcome)) {
        offered_.emplace(std::move(*connection));
        return feed(Reconnect::Offered{});
    }
    feed(Reconnect::Failed{std::get<attach::Retry::Failure>(std::move(outcome))});
}

void Session::install() {
    if (!offered_) {
        return feed(Reconnect::NotTaken{
            {.operation = "reconnect", .object = plan_.device, .reason = "nothing was offered"}});
    }
    auto connection = std::move(*offered_);
    offered_.reset();
    image_.expect(connection);
    auto installed = install(std::move(connection));
    if (installed) {
        image_.keep();
        return feed(Reconnect::Taken{});
    }
    image_.forget();
    not_installed(std::move(installed).error());
}

Result<void> Session::install(attach::Connection connection) {
    if (direct_) return direct_->install(std::move(connection));
    return relayed_->install(std::move(connection.socket), machine_.server_name());
}

void Session::not_installed(Error error) {
    // nbd.c: the device is not configured (any more).
    if (direct_ && (error.code == EINVAL || error.code == ENODEV)) {
        return feed(Reconnect::DeviceOver{
            cat("/dev/", plan_.device, " was disconnected (", error.message(), ")")});
    }
    feed(Reconnect::NotTaken{std::move(error)});
}

void Session::drop() {
    if (direct_) direct_->drop();
    if (relayed_) relayed_->drop();
}

void Session::fail_requests() {
    if (relayed_) return relayed_->fail_requests();
    const auto failing = direct_->fail_requests();
    if (!failing) log_.error(cat("attach: ", failing.error().message()));
}

void Session::end_machine(MachineEnd how) { log_.error(sys::end_machine_now(how).message()); }

void Session::say_good_bye() {
    if (relayed_) return relayed_->say_good_bye();
    const auto said = direct_->say_good_bye();
    if (!said) on_over(said);
}

void Session::disconnect() {
    end_device(plan_, held_, log_);
    loop_.stop();
}

Watchdog::Requests Session::requests() {
    if (!plan_.is_relayed) return {.block = held_.block ? &*held_.block : nullptr};
    return {.relay = [this] { return relayed_ ? relayed_->oldest() : std::nullopt; }};
}

std::string Session::status_text() const {
    const auto info = sys::tcp_info(socket(), "");
    const bool connected = machine_.state() == Reconnect::State::connected;
    const bool has_round_trip = info && info->round_trip_us > 0;
    return to_json(
        {.plan = plan_,
         .identity = image_.identity(),
         .report = machine_.report(),
         .relay = relayed_ ? std::optional(relayed_->counters()) : std::nullopt,
         .network = network_ ? std::optional(network_->status()) : std::nullopt,
         .timeout_seconds = watchdog_.stall_seconds(),
         .log_level = journal_.level(),
         .info = notes_.info(),
         .round_trip_us = has_round_trip ? std::optional(info->round_trip_us) : std::nullopt,
         .server_software = connected ? image_.software() : ""});
}

DebugReport Session::debug_report() const {
    DebugReport report{.device = plan_.device,
                       .by_netlink = plan_.by_netlink,
                       .events = journal_.events().events()};
    const auto stat = held_.block ? held_.block->read_text_file("stat") : Result<std::string>("");
    if (stat) report.block = parse_block_counts(*stat);
    if (relayed_) {
        report.relay = relayed_->counters();
        report.requests = relayed_->requests();
        report.waiting = relayed_->waiting(DebugReport::kWaitingShown);
    }
    return report;
}

// status.json changes with the state, not with each attempt.
void Session::publish() {
    using State = Reconnect::State;
    if (!held_.run) return;
    const bool away = machine_.state() == State::installing || machine_.state() == State::pausing;
    const State shown = away ? State::connecting : machine_.state();
    if (published_ == shown) return;
    published_ = shown;
    const auto written = held_.run->replace_file("status.json", status_text());
    if (!written) log_.debug(cat("attach: ", written.error().message()));
}

}  // namespace

Result<void> run_session(const Plan& plan, Held& held, int guardian, Start start, const Log& log) {
    // A forked process locks its memory anew.
    (void)sys::lock_memory();
    const auto loop = NBDROOT_TRY(io::make_epoll_loop());
    Session session(*loop, plan, held, guardian, log);
    return session.run(start);
}

}  // namespace nbdroot::agent::resident
