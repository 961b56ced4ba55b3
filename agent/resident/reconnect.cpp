#include "agent/resident/reconnect.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "lib/base/text.h"

namespace nbdroot::agent::resident {
namespace {

using attach::Retry;

// News of the network come in swarms (carrier, address, routes): an attempt as young as this has
// begun because of them, and goes on.
constexpr Duration kYoungAttempt{250};

// Nothing tells that a shutdown was called off (systemctl cancel), and an outage much later must
// not end the machine. systemd itself waits no longer than 30 minutes for a shutdown
// (units/poweroff.target, JobTimeoutSec=); what begins later announces itself again.
constexpr Duration kEndingForgotten = std::chrono::minutes(45);

template <class... Kinds>
bool is(const Reconnect::Event& event) {
    return (std::holds_alternative<Kinds>(event) || ...);
}

// "3.2 s"
std::string seconds(Duration duration) {
    const auto tenths = duration.count() / 100;
    return cat(tenths / 10, '.', tenths % 10, " s");
}

}  // namespace

Reconnect::Reconnect(Options options, Instant now)
    : options_(std::move(options)), attempt_at_(now), ending_since_(now), calm_since_(now) {
    report_.server = options_.connected_to;
    report_.ending = options_.ending;
    report_.reconnects = options_.reconnects;
    report_.longest_outage = options_.longest_outage;
    report_.connected_at = now;
}

std::vector<Reconnect::Action> Reconnect::step(const Event& event, Instant now) {
    if (is<BootOver>(event)) {
        options_.give_up_at.reset();
        return {};
    }
    if (state() == State::over) return {};
    forget_old_ending(now);
    if (const auto* const ending = std::get_if<Ending>(&event)) set_ending(ending->how, now);
    if (const auto* const over = std::get_if<DeviceOver>(&event)) return end(over->why);
    if (is<Force>(event)) return end_by_force();
    Actions actions;
    switch (state()) {
        case State::connected:
            actions = in_connected(event, now);
            break;
        case State::connecting:
            actions = in_connecting(event, now);
            break;
        case State::installing:
            actions = in_installing(event, now);
            break;
        case State::pausing:
            actions = in_pausing(event, now);
            break;
        case State::leaving:  // all but the end is late news; nothing may revive the device
        case State::over:
            break;
    }
    if (is_away()) apply_policies(actions, now);
    return actions;
}

Reconnect::Actions Reconnect::in_connected(const Event& event, Instant now) {
    if (const auto* const lost = std::get_if<Lost>(&event)) return lose(lost->why, 0, now);
    if (const auto* const asked = std::get_if<Asked>(&event)) {
        return lose(asked->why, asked->server.value_or(report_.server), now);
    }
    if (const auto* const unusable = std::get_if<Unusable>(&event)) {
        return lose(unusable->why, after(report_.server), now);
    }
    if (is<Leave>(event)) return leave();
    if (is<NetworkBack, Ending, TimePassed>(event)) return {};
    return impossible(event, now);  // Offered, Failed, Taken, NotTaken: nobody tries anything
}

Reconnect::Actions Reconnect::in_connecting(const Event& event, Instant now) {
    if (is<Offered>(event)) {
        report_.state = State::installing;
        return {Install{}};
    }
    if (const auto* const failed = std::get_if<Failed>(&event)) {
        return try_again(failed->failure, now);
    }
    if (is<NetworkBack>(event)) {
        if (now - attempt_at_ < kYoungAttempt) return {};
        // What was sent while the network was away would be sent again only after seconds.
        attempt_at_ = now;
        retry_->hurry(now);
        return {Abandon{}, Connect{report_.server}};
    }
    if (is<Leave>(event)) return leave();
    const auto* const asked = std::get_if<Asked>(&event);
    if (asked != nullptr && asked->server) {
        Actions actions = search(*asked->server, now);
        actions.insert(actions.begin(), Abandon{});
        return actions;
    }
    // Lost, Unusable: late news of the connection that is gone. Asked: it is being done.
    if (is<Lost, Unusable, Asked, Ending, TimePassed>(event)) return {};
    return impossible(event, now);  // Taken, NotTaken: nothing was given to the device
}

Reconnect::Actions Reconnect::in_installing(const Event& event, Instant now) {
    if (is<Taken>(event)) return take_up(now);
    if (const auto* const refused = std::get_if<NotTaken>(&event)) {
        Actions actions = try_again({.error = refused->error}, now);
        actions.insert(actions.begin(), Drop{});
        return actions;
    }
    if (is<Leave>(event)) return leave();
    // The outcome is all that counts now; Lost is of the connection before.
    if (is<Lost, Unusable, Asked, NetworkBack, Ending, TimePassed>(event)) return {};
    return impossible(event, now);  // Offered, Failed: the attempt is over
}

Reconnect::Actions Reconnect::in_pausing(const Event& event, Instant now) {
    if (is<NetworkBack>(event)) retry_->hurry(now);
    const auto* const asked = std::get_if<Asked>(&event);
    if (asked != nullptr && asked->server) return search(*asked->server, now);
    const bool is_due = is<TimePassed>(event) && now >= pause_over_;
    if (is_due || is<NetworkBack, Asked>(event)) return follow(retry_->on_pause_over(now), now);
    if (is<Leave>(event)) return leave();
    if (is<Lost, Unusable, Ending, TimePassed>(event)) return {};
    return impossible(event, now);  // Offered, Failed, Taken, NotTaken: nobody tries anything
}

// The connection that the device has is of no use any more.
Reconnect::Actions Reconnect::lose(const std::string& why, std::size_t first_server, Instant now) {
    say(Level::warning,
        cat("connection to ", server_name(), " lost: ", why, "; reconnecting, requests wait"));
    report_.lost_at = now;
    report_.last_error = why;
    Actions actions = search(first_server, now);
    actions.insert(actions.begin(), Drop{});
    return actions;
}

Reconnect::Actions Reconnect::search(std::size_t first_server, Instant now) {
    retry_.emplace(Retry::Options{.server_count = options_.servers.size(),
                                  .first_server = first_server,
                                  .seed = options_.seed++},
                   now);
    return follow(retry_->begin(), now);
}

// An event that nobody could have caused, or a mistake of ours: forget all, connect anew.
Reconnect::Actions Reconnect::impossible(const Event& event, Instant now) {
    const std::string why = cat("event '", name_of(event), "' in state '", name_of(state()), "'");
    say(Level::error, cat(why, " makes no sense; connecting anew"));
    if (!is_away()) {
        Actions actions = lose(why, report_.server, now);
        actions.insert(actions.begin(), Abandon{});
        return actions;
    }
    Actions actions =
        try_again({.error = {.operation = "reconnect", .object = "", .reason = why}}, now);
    actions.insert(actions.begin(), {Abandon{}, Drop{}});
    return actions;
}

Reconnect::Actions Reconnect::try_again(const Retry::Failure& failure, Instant now) {
    report_.last_error = failure.error.message();
    const auto action = retry_->on_failure(failure, now);
    if (const auto line = retry_->take_line()) say(Level::warning, *line);
    return follow(action, now);
}

Reconnect::Actions Reconnect::follow(const Retry::Action& action, Instant now) {
    if (const auto* const connect = std::get_if<Retry::Connect>(&action)) {
        report_.state = State::connecting;
        report_.server = connect->server;
        attempt_at_ = now;
        return {Connect{connect->server}};
    }
    // A pause: Retry has no deadline here, so it never gives up.
    const auto* const pause = std::get_if<Retry::Pause>(&action);
    report_.state = State::pausing;
    pause_over_ = pause != nullptr ? pause->until : now;
    return {};
}

Reconnect::Actions Reconnect::take_up(Instant now) {
    const Duration outage = now - report_.lost_at.value_or(now);
    say(Level::info, cat("connected to ", server_name(), " again after ", seconds(outage),
                         ", attempt ", retry_->attempt(), retry_->take_unsaid()));
    report_.state = State::connected;
    report_.connected_at = now;
    calm_since_ = now;
    report_.longest_outage = std::max(report_.longest_outage, outage);
    report_.lost_at.reset();
    ++report_.reconnects;
    retry_.reset();
    failing_requests_ = false;
    rebooting_ = false;
    machine_ended_ = false;
    return {};
}

// Whoever asks has made the device clean. Without a server nobody is left to be told.
Reconnect::Actions Reconnect::leave() {
    if (!is_away()) {
        say(Level::info, cat("saying good-bye to ", server_name()));
        report_.state = State::leaving;
        return {Farewell{}};
    }
    say(Level::warning, "no server to say good-bye to; disconnecting the device");
    Actions actions;
    if (state() == State::connecting) actions.emplace_back(Abandon{});
    actions.emplace_back(Disconnect{});
    report_.state = State::over;
    return actions;
}

// A farewell may wait for a server that does not read: nothing here does.
Reconnect::Actions Reconnect::end_by_force() {
    say(Level::warning, "somebody ends the device by force; whatever uses it gets I/O errors");
    Actions actions;
    if (state() == State::connecting) actions.emplace_back(Abandon{});
    actions.emplace_back(Drop{});
    actions.emplace_back(Disconnect{});
    report_.state = State::over;
    return actions;
}

// The first word counts for the time, the last one for how.
void Reconnect::set_ending(std::optional<MachineEnd> how, Instant now) {
    if (!how && !report_.ending) return;
    if (!report_.ending) ending_since_ = now;
    report_.ending = how;
    calm_since_ = now;
    say(Level::info, how ? cat("the machine is shutting down (", base::name_of(*how), ")")
                         : "the machine is not shutting down any more");
}

// While its server is there; without it, the time of the shutdown counts.
std::optional<Instant> Reconnect::forget_ending_at() const {
    if (!report_.ending || state() != State::connected) return std::nullopt;
    return calm_since_ + kEndingForgotten;
}

void Reconnect::forget_old_ending(Instant now) {
    const auto due = forget_ending_at();
    if (!due || now < *due) return;
    say(Level::warning, cat("the machine has not ended (", base::name_of(*report_.ending),
                            ") although its server is there; no longer counting on it"));
    report_.ending.reset();
}

std::optional<Instant> Reconnect::end_machine_at() const {
    if (!report_.ending || !options_.end_after || machine_ended_) return std::nullopt;
    return std::max(report_.lost_at.value_or(ending_since_), ending_since_) + *options_.end_after;
}

Reconnect::Actions Reconnect::end(const std::string& why) {
    say(Level::info, cat(why, "; nothing is left to do"));
    Actions actions;
    if (state() == State::connecting) actions.push_back(Abandon{});
    actions.push_back(End{});
    report_.state = State::over;
    return actions;
}

// nbdroot.lost=, nbdroot.shutdown-timeout= and nbdroot.boot-timeout=: each acts once for an outage.
void Reconnect::apply_policies(Actions& actions, Instant now) {
    const Duration away = now - report_.lost_at.value_or(now);
    if (options_.reboot_after && away >= *options_.reboot_after &&
        !std::exchange(rebooting_, true)) {
        say(Level::error,
            cat("no server for ", seconds(away), "; rebooting (nbdroot.lost=reboot)"));
        actions.emplace_back(EndMachine{MachineEnd::reboot});
    }
    const auto end_at = end_machine_at();
    if (end_at && now >= *end_at) {
        machine_ended_ = true;
        say(Level::error,
            cat("no server for ", seconds(away), ", and the machine is shutting down; ",
                base::name_of(*report_.ending), " now (nbdroot.shutdown-timeout)"));
        actions.emplace_back(EndMachine{*report_.ending});
    }
    if (options_.fail_after && away >= *options_.fail_after &&
        !std::exchange(failing_requests_, true)) {
        say(Level::error, cat("no server for ", seconds(away),
                              "; requests fail until one is back (nbdroot.lost=error)"));
        actions.emplace_back(FailRequests{});
    }
    if (options_.give_up_at && now >= *options_.give_up_at) {
        say(Level::error, "no server before nbdroot.boot-timeout; disconnecting the device");
        if (state() == State::connecting) actions.emplace_back(Abandon{});
        actions.emplace_back(Disconnect{});
        report_.state = State::over;
    }
}

std::optional<Instant> Reconnect::next_deadline() const {
    if (!is_away()) return forget_ending_at();
    std::optional<Instant> next;
    const auto consider = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
    if (state() == State::pausing) consider(pause_over_);
    const Instant lost_at = report_.lost_at.value_or(Instant{});
    if (options_.reboot_after && !rebooting_) consider(lost_at + *options_.reboot_after);
    if (options_.fail_after && !failing_requests_) consider(lost_at + *options_.fail_after);
    if (options_.give_up_at) consider(*options_.give_up_at);
    if (const auto end_at = end_machine_at()) consider(*end_at);
    return next;
}

std::vector<Reconnect::Line> Reconnect::take_lines() { return std::exchange(lines_, {}); }

std::size_t Reconnect::after(std::size_t server) const {
    return (server + 1) % options_.servers.size();
}

bool Reconnect::is_away() const { return report_.lost_at && state() != State::over; }

void Reconnect::say(Level level, std::string text) {
    if (!text.starts_with("attach: ")) text.insert(0, "attach: ");
    lines_.push_back({.level = level, .text = std::move(text)});
}

std::string_view name_of(Reconnect::State state) {
    constexpr std::array<std::string_view, 6> kNames = {"connected", "connecting", "installing",
                                                        "pausing",   "leaving",    "over"};
    return kNames.at(static_cast<std::size_t>(state));
}

std::string_view name_of(const Reconnect::Event& event) {
    constexpr std::array<std::string_view, std::variant_size_v<Reconnect::Event>> kNames = {
        "lost",  "unusable",  "offered", "failed", "taken", "not taken",   "network back",
        "asked", "boot over", "ending",  "leave",  "force", "device over", "time passed"};
    return kNames.at(event.index());
}

}  // namespace nbdroot::agent::resident
