#include "server/export/door.h"

#include <cerrno>
#include <utility>
#include <variant>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::server::export_ {

namespace {

// Whoever knows a token can take the place of its boot.
constexpr mode_t kRecordMode = 0600;

// BEFORE is what stands there; empty: not to be kept. What has failed may stand there all the same.
Result<void> replace_record(const std::string& path, const std::string& text,
                            const std::string& before) {
    auto replaced = sys::replace_file_durably(path, text, kRecordMode);
    if (!replaced && !before.empty()) {
        (void)sys::replace_file_durably(path, before, kRecordMode);
    }
    return replaced;
}

}  // namespace

// Nothing of ours throws; out of memory ends the server.
// NOLINTBEGIN(bugprone-exception-escape)
Door::Seat::~Seat() {
    if (const auto door = door_.lock()) door->vacate(client_, parting_);
}

Door::Ticket::~Ticket() {
    if (const auto door = door_.lock()) door->leave(client_);
}
// NOLINTEND(bugprone-exception-escape)

Door::Door(Settings settings, BootTokens tokens, io::Loop& loop, storage::WorkerPool& pool,
           const Log& log)
    : settings_(std::move(settings)),
      loop_(loop),
      pool_(pool),
      log_(log),
      lease_(std::move(tokens), loop.now()),
      next_look_(loop.timer([this] { look(); })),
      reservation_(loop.timer([this] { perform(lease_.reservation_over(loop_.now())); })) {}

std::unique_ptr<Door::Ticket> Door::enter(Visitor visitor) {
    const ClientId client = next_client_++;
    const std::string token = visitor.token;
    visitors_.emplace(client, std::move(visitor));
    auto ticket = std::make_unique<Ticket>(weak_from_this(), client);
    perform(lease_.arrive(client, token, loop_.now()));
    return ticket;
}

void Door::leave(ClientId client) {
    perform(lease_.leave(client));
    if (lease_.holder() != client) visitors_.erase(client);
}

void Door::vacate(ClientId client, Lease::Parting parting) {
    if (std::exchange(gives_back_, false) && has_displaced()) return undo(client, parting);
    end_stay(client, parting);
}

void Door::end_stay(ClientId client, Lease::Parting parting) {
    visitors_.erase(client);
    perform(lease_.vacated(parting, loop_.now()));
}

bool Door::has_displaced() const {
    const BootTokens& before = lease_.tokens_before();
    return !before.current().empty() && before.current() != lease_.tokens().current();
}

// First on the disk: a boot that comes in by what only memory says would be locked out by the next
// restart. Until then nobody else does.
void Door::undo(ClientId client, Lease::Parting parting) {
    Visitor& gone = visitors_.at(client);
    gone.look = [] { return Pulse{.closed = true}; };
    gone.shut_down = [](const std::string&) {};
    gone.probe = [](bool) {};
    if (settings_.record_path.empty()) {
        lease_.take_back();
        return end_stay(client, parting);
    }
    auto result =
        std::make_shared<Result<void>>(fail("write", settings_.record_path, "no memory", ENOMEM));
    pool_.submit({.work = [path = settings_.record_path, text = lease_.tokens_before().to_text(),
                           result] { *result = replace_record(path, text, ""); },
                  .done =
                      [self = shared_from_this(), result, client, parting] {
                          self->on_undone(*result);
                          self->end_stay(client, parting);
                      }});
}

void Door::on_undone(const Result<void>& result) {
    if (result) return lease_.take_back();
    log_.warning(cat("export '", base::printable(settings_.export_name),
                     "': ", result.error().message(),
                     "; the boot before one that came to nothing stays out"));
}

void Door::look() {
    if (!lease_.probing()) return;
    next_look_->arm(loop_.now() + kProbeInterval);
    const Pulse pulse = visitors_.at(*lease_.holder()).look();
    perform(lease_.pulse(pulse, loop_.now()));
}

// Carrying out an action may bring on the next event: the last action of a list may, no other.
void Door::perform(const Lease::Actions& actions) {
    for (const Lease::Action& action : actions) {
        std::visit([this](const auto& known) { perform(known); }, action);
    }
}

void Door::perform(const Lease::Admit& action) {
    auto seat = std::make_shared<Seat>(weak_from_this(), action.client);
    if (action.new_boot && !settings_.record_path.empty()) {
        return remember(std::move(seat), action.client);
    }
    this->seat(action.client, std::move(seat));
}

// The displaced boot must not get in after a crash either: on the disk first.
void Door::remember(std::shared_ptr<Seat> seat, ClientId client) {
    auto result =
        std::make_shared<Result<void>>(fail("write", settings_.record_path, "no memory", ENOMEM));
    const BootTokens& before = lease_.tokens_before();
    const bool keeps = settings_.needs_record && !before.current().empty();
    pool_.submit(
        {.work = [path = settings_.record_path, text = lease_.tokens().to_text(),
                  old = keeps ? before.to_text() : "",
                  result] { *result = replace_record(path, text, old); },
         .done = [self = shared_from_this(), result, client,
                  seat = std::move(seat)] { self->on_remembered(client, seat, *result); }});
}

// Whoever does not come in holds SEAT, and so the lease, until the caller lets go of it.
void Door::on_remembered(ClientId client, std::shared_ptr<Seat> seat, const Result<void>& result) {
    if (!result && settings_.needs_record) {
        lease_.take_back();
        const auto fail = visitors_.at(client).fail;
        return fail(result.error());
    }
    remembered_ = result.has_value();
    if (!result) {
        log_.warning(cat("export '", settings_.export_name, "': ", result.error().message(),
                         "; a displaced machine may come back after a restart of the server"));
    }
    this->seat(client, std::move(seat));
}

void Door::seat(ClientId client, std::shared_ptr<Seat> seat) {
    const auto admit = visitors_.at(client).admit;
    admit(std::move(seat));
}

void Door::perform(const Lease::Refuse& action) {
    const auto refuse = visitors_.at(action.client).refuse;
    visitors_.erase(action.client);
    refuse(explain(action.why));
}

void Door::perform(const Lease::ShutDown& action) {
    const auto shut_down = visitors_.at(action.client).shut_down;
    shut_down(action.same_boot ? "fenced: the same boot has a newer connection"
                               : "fenced: does not answer, and another client wants its place");
}

void Door::perform(const Lease::Probe& action) {
    visitors_.at(action.client).probe(true);
    next_look_->arm(loop_.now());
}

void Door::perform(const Lease::EndProbe& action) { visitors_.at(action.client).probe(false); }

void Door::perform(const Lease::Wait& action) { reservation_->arm(action.until); }

// Nobody is connected while a place is kept for a boot that may come back.
std::string Door::by_whom() const {
    const auto holder = lease_.holder();
    return holder ? cat(" by ", visitors_.at(*holder).peer)
                  : " by a client that lost its connection";
}

std::string Door::explain(Lease::Refusal why) const {
    const std::string in_use =
        cat("export '", base::printable(settings_.export_name), "' is in use");
    switch (why) {
        case Lease::Refusal::displaced:
            return cat("another boot has written to export '",
                       base::printable(settings_.export_name),
                       "' since this one: what it has cached is stale for good, it must boot anew");
        case Lease::Refusal::in_use: {
            const auto held = (loop_.now() - lease_.held_since()) / std::chrono::seconds(1);
            return cat(in_use, by_whom(), ", which answers, for ", held,
                       " s; it has one writer at a time");
        }
        case Lease::Refusal::others_wait:
            return cat(in_use, by_whom(), ", and another client waits for its place already");
        case Lease::Refusal::holder_back:
            return in_use + ": its client was gone, and has reconnected";
        case Lease::Refusal::superseded:
            break;
    }
    return in_use + ": the same boot has connected once more";
}

}  // namespace nbdroot::server::export_
