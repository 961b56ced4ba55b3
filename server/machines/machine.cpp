#include "server/machines/machine.h"

#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::server::machines {
namespace {

using config::OverlayKind;
using export_::BootTokens;
using export_::Door;
using export_::Export;
using Wish = OverlayOpening::Wish;

constexpr std::size_t kShownTokenCharacters = 8;

Result<void> not_done(const std::string& stem) {
    return fail("use overlay", stem, "no memory", ENOMEM);
}

}  // namespace

// What a worker finds before anybody comes in.
struct Machine::Known {
    Result<BootTokens> tokens = BootTokens();
    Result<bool> has_files = false;
    bool reset_pending = false;
};

struct Machine::Opening {
    Arrival arrival;
    std::function<Result<void>()> may_be_made;
    OpenDone done;
    OverlayOpening plan{};
};

// NOLINTNEXTLINE(bugprone-exception-escape): only where memory is out
Machine::Stay::~Stay() {
    if (const auto machine = machine_.lock()) machine->leave(keeps_overlay_);
}

Machine::Machine(const World& world, std::string stem, Owner owner)
    : world_(world),
      stem_(std::move(stem)),
      owner_(std::move(owner)),
      boot_token_(owner_.boot_token.substr(0, kShownTokenCharacters)),
      idle_since_(world.loop.now()) {}

void Machine::found(const FoundOverlay& overlay, Instant search_began) {
    if (ended_at_ && *ended_at_ >= search_began) return;
    // Somebody has come before the search was over.
    if (exists() && !image_id_.empty()) return;
    if (overlay.reset_pending) reset_pending_ = true;  // or was ordered since it looked
    exists_ = true;
    image_id_ = overlay.image_id;
    used_bytes_ = overlay.used_bytes;
    boot_token_ = overlay.boot_token.substr(0, kShownTokenCharacters);
    idle_since_ = world_.loop.now();
}

void Machine::set_quota(const config::OverlayConfig& overlay) {
    if (open_) open_->set_quota(overlay.quota_bytes, overlay.quota_full);
}

void Machine::on_files(std::function<Result<void>()> work, Done done) {
    auto result = std::make_shared<Result<void>>(not_done(stem_));
    world_.pool.submit(
        {.work = [work = std::move(work), result] { *result = work(); },
         .done = [self = shared_from_this(), result, done = std::move(done)] { done(*result); },
         .pace = storage::WorkerPool::Pace::slow,
         .party = this});
}

void Machine::prepare(const Arrival& arrival, Done done) {
    // What is under way may be the end of its files, and of the record of its boots. A new boot of
    // a persistent overlay asks the disk whether that is given up.
    const bool is_known =
        door_ && (arrival.returns ? exists() : owner_.kind == OverlayKind::temporary);
    if (is_known && steps_.is_idle()) return done(check_boot(arrival));
    steps_.add(
        [self = shared_from_this(), arrival, done = std::move(done)](const Sequence::Over& over) {
            auto known = std::make_shared<Known>();
            self->on_files(
                [known, is_named = self->is_named(), stem = self->stem_]() -> Result<void> {
                    if (is_named) known->tokens = export_::read_boot_tokens(boots_path(stem));
                    known->has_files = has_files(stem);
                    known->reset_pending = sys::path_exists(reset_path(stem));
                    return {};
                },
                [self, known, arrival, done, over](const Result<void>& ran) {
                    // At the door before the next step looks who is there.
                    done(ran ? self->on_known(arrival, *known) : ran);
                    over();
                });
        });
}

Result<void> Machine::on_known(const Arrival& arrival, Known& known) {
    if (!known.has_files) return tl::unexpected(known.has_files.error());
    if (*known.has_files) exists_ = true;
    reset_pending_ = known.reset_pending;
    if (arrival.returns && !*known.has_files) {
        return fail("open overlay", stem_,
                    "its overlay is not here (any more): what this boot has written is gone, or "
                    "lies on another server; boot anew",
                    ENOENT);
    }
    if (door_) return check_boot(arrival);
    // Only a temporary overlay is fresh for whoever comes.
    const bool matters = arrival.returns || owner_.kind == OverlayKind::persistent;
    if (!known.tokens && matters) {
        Error error = std::move(known.tokens.error());
        error.reason = cat("the record of its boots: ", error.reason,
                           "; it has to be removed, once no older boot of this machine runs");
        return tl::unexpected(std::move(error));
    }
    make_door(known.tokens ? std::move(*known.tokens) : BootTokens());
    return check_boot(arrival);
}

void Machine::make_door(BootTokens tokens) {
    door_ =
        std::make_shared<Door>(Door::Settings{.export_name = owner_.text(),
                                              .record_path = is_named() ? boots_path(stem_) : "",
                                              .needs_record = true},
                               std::move(tokens), world_.loop, world_.pool, world_.log);
}

// An empty overlay, or another boot's, under a running file system would be its silent end. A boot
// that was displaced is told so by the door.
Result<void> Machine::check_boot(const Arrival& arrival) const {
    if (!arrival.returns || owner_.kind != OverlayKind::temporary) return {};
    const BootTokens& tokens = door_->tokens();
    const std::string& token = arrival.boot_token;
    if (!is_named() || tokens.current() == token || tokens.is_displaced(token)) {
        return {};
    }
    return fail("open overlay", stem_,
                "its temporary overlay is that of another boot: what this one has written is "
                "gone, or lies on another server; boot anew");
}

void Machine::open(const Arrival& arrival, std::function<Result<void>()> may_be_made,
                   OpenDone done) {
    auto opening = std::make_shared<Opening>(Opening{
        .arrival = arrival, .may_be_made = std::move(may_be_made), .done = std::move(done)});
    steps_.add([self = shared_from_this(), opening](const Sequence::Over& over) {
        self->begin(opening, over);
    });
}

const export_::ExportTable::Entry* Machine::entry() const {
    return world_.exports.entry(owner_.export_name);
}

// A new boot gets the newest image there is by now; one of a persistent overlay that of its own.
OverlayOpening Machine::plan(const Arrival& arrival) const {
    OverlayOpening plan{.wish = arrival.returns                         ? Wish::same
                                : owner_.kind == OverlayKind::temporary ? Wish::fresh
                                                                        : Wish::kept,
                        .stem = stem_,
                        .owner = owner_,
                        .wanted_image_id = arrival.base->image_id()};
    const auto add = [&plan](const std::shared_ptr<Export>& target) {
        if (target) plan.bases.push_back({target->image_id(), target->shared_image()});
    };
    if (const auto* const known = entry()) {
        add(known->target);
        for (const auto& former : known->former) add(former);
    }
    add(arrival.base);  // a reload may have taken it out of the table
    return plan;
}

void Machine::begin(const std::shared_ptr<Opening>& opening, const Sequence::Over& over) {
    if (opening->arrival.guest.expired()) return over();
    opening->plan = plan(opening->arrival);
    const OverlayOpening& plan = opening->plan;
    const bool is_fresh = plan.wish == Wish::fresh || (plan.wish == Wish::kept && reset_pending_);
    const bool fits =
        plan.wish != Wish::same || (open_ && open_->image_id() == plan.wanted_image_id);
    if (open_ && !is_fresh && fits) {
        welcome(*opening);
        return over();
    }
    if (!exists()) {
        if (auto may = opening->may_be_made(); !may) {
            turn_away(*opening, may.error(), true);
            return over();
        }
    }
    when_closed([self = shared_from_this(), opening, over](const Result<void>& closed) {
        if (closed) return self->open_files(opening, over);
        self->turn_away(*opening, closed.error(), true);
        over();
    });
}

void Machine::open_files(const std::shared_ptr<Opening>& opening, const Sequence::Over& over) {
    auto attempt = std::make_shared<Attempt>(
        Attempt{.opened = fail("open overlay", stem_, "no memory", ENOMEM), .is_as_before = false});
    on_files(
        [opening, attempt]() -> Result<void> {
            *attempt = try_opening(opening->plan);
            return {};
        },
        [self = shared_from_this(), opening, attempt, over](const Result<void>&) {
            self->finish(*opening, std::move(*attempt));
            over();
        });
}

void Machine::turn_away(const Opening& opening, const Error& why, bool is_as_before) {
    if (opening.arrival.guest.expired()) return;
    // What the boots before it have written is there: the last of them may go on.
    if (is_as_before && door_) door_->give_back();
    opening.done(tl::unexpected(why));
}

void Machine::finish(const Opening& opening, Attempt attempt) {
    const bool is_there = !opening.arrival.guest.expired();
    auto& opened = attempt.opened;
    leave_aside(attempt.aside);
    if (!opened) {
        exists_ = attempt.has_files;
        return turn_away(opening, opened.error(), attempt.is_as_before);
    }
    const auto& overlay = *opening.arrival.policy->overlay;
    overlay_ = opened->overlay;
    linger_ = overlay.linger;
    image_id_ = opened->base.image_id;
    exists_ = true;
    idle_since_ = world_.loop.now();
    const bool may_have_lost = opened->overlay->may_have_lost();
    if (opening.plan.wish != Wish::same) reset_pending_ = false;
    open_ = std::make_shared<Export>(
        Export::Traits{.name = owner_.export_name,
                       .image_id = image_id_,
                       .log_name = owner_.in_words(),
                       .quota_bytes = overlay.quota_bytes,
                       .quota_full = overlay.quota_full},
        storage::Disk(std::move(opened->base.image), std::move(opened->overlay)), world_.pool,
        world_.log);
    note_crash(opening, may_have_lost);
    if (is_there) return welcome(opening);
    if (!opening.arrival.knows_token && owner_.machine.empty()) leave(false);
}

// A boot that runs on does not send again what was acknowledged: a flush that succeeded would be a
// lie. A new boot finds a disk as after a power cut of its own.
void Machine::note_crash(const Opening& opening, bool may_have_lost) {
    const bool runs_on = opening.plan.wish == Wish::same;
    if (runs_on && may_have_lost) {
        world_.log.warning(cat(owner_.in_words(),
                               ": the host has crashed while its overlay was open; what it had not "
                               "flushed may be gone: its next flush fails"));
    }
    has_lost_ = runs_on && (has_lost_ || may_have_lost);
    if (has_lost_) open_->losses().inherit();
}

void Machine::welcome(const Opening& opening) {
    const Arrival& arrival = opening.arrival;
    ++clients_;
    peer_ = arrival.peer;
    boot_token_ = arrival.boot_token.substr(0, kShownTokenCharacters);
    const bool keeps_overlay = arrival.knows_token || !owner_.machine.empty();
    opening.done(
        Admitted{.target = open_, .stay = std::make_shared<Stay>(weak_from_this(), keeps_overlay)});
}

MachineView Machine::view() const {
    const auto* const known = entry();
    const auto* const target = known == nullptr ? nullptr : known->target.get();
    MachineView view{.export_name = owner_.export_name,
                     .machine = owner_.machine,
                     .kind = owner_.kind,
                     .image_id = image_id_,
                     .on_former = target != nullptr && target->image_id() != image_id_,
                     .used_bytes = open_ ? open_->overlay_used_bytes() : used_bytes_,
                     .connected = clients_ > 0,
                     .peer = peer_,
                     .boot_token = boot_token_,
                     .reset_pending = reset_pending_,
                     .path = stem_,
                     .idle = clients_ > 0 ? Duration() : idle()};
    if (known != nullptr && known->policy->overlay) {
        view.quota_bytes = known->policy->overlay->quota_bytes;
    }
    return view;
}

std::string describe(const Machine& machine) {
    const Owner& owner = machine.owner();
    const bool is_temporary = owner.kind == OverlayKind::temporary;
    const std::string who = owner.machine.empty()
                                ? "no machine by name"
                                : cat("machine '", base::printable(owner.machine), "'");
    return cat(who, is_temporary ? " (temporary overlay, image " : " (persistent overlay, image ",
               machine.image_id(), ')');
}

protocol::nbd::ExportInfo info_over(const Export& base) {
    using namespace protocol::nbd;  // the names of one table
    ExportInfo info = base.info();
    info.transmission_flags = kTransmitHasFlags | kTransmitSendFlush | kTransmitSendFua |
                              kTransmitSendCache | kTransmitSendTrim | kTransmitSendWriteZeroes;
    return info;
}

}  // namespace nbdroot::server::machines
