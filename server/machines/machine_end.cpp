// What becomes of a machine's overlay when nobody is in.
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "server/machines/machine.h"

namespace nbdroot::server::machines {
namespace {

using config::OverlayKind;

constexpr Duration kClosingLook = std::chrono::milliseconds(20);

// A door is remembered on disk, and costs memory. No client that lost its connection waits longer.
constexpr Duration kDoorKept = std::chrono::minutes(1);

struct Removal {
    std::string aside{};
    bool reset_pending = false;  // after an Error
};

Result<void> check_files(const std::string& stem, const Owner& owner) {
    if (NBDROOT_TRY(has_files(stem))) return {};
    return fail("find overlay", "", owner.in_words() + " has no overlay", ENOENT);
}

}  // namespace

void Machine::when_closed(Done then) {
    const Instant limit = world_.loop.now() + world_.closing_limit;
    if (!open_) return await_closed(std::move(then), limit);
    close([self = shared_from_this(), then = std::move(then), limit] {
        self->await_closed(then, limit);
    });
}

// Its files are locked for as long as somebody has them open, also ourselves. By value: the timer
// goes meanwhile.
void Machine::await_closed(Done then, Instant limit) {
    const bool is_closed = overlay_.expired();
    if (is_closed || world_.loop.now() >= limit) {
        retry_.reset();  // it holds THEN, which holds this machine
        if (is_closed) return then({});
        return then(fail("open overlay", stem_, "its last use has yet to end", EAGAIN));
    }
    // Not shared: steps that are under way keep the machine.
    retry_ =
        world_.loop.timer([this, then = std::move(then), limit] { await_closed(then, limit); });
    retry_->arm(world_.loop.now() + kClosingLook);
}

void Machine::leave(bool keeps_overlay) {
    if (clients_ > 0) --clients_;
    idle_since_ = world_.loop.now();
    if (keeps_overlay) return;
    steps_.add([self = shared_from_this()](const Sequence::Over& over) {
        self->remove([over](const auto&) { over(); });
    });
}

// What it holds is in the page cache; after this it is on the disk. The export belongs to the loop,
// as its timers do; closing its files may wait for the disk, and is a worker's.
void Machine::close(Sequence::Over over) {
    used_bytes_ = open_->overlay_used_bytes();
    if (open_->losses().known_to(door_->tokens().current()) > 0) has_lost_ = false;
    const auto target = std::exchange(open_, nullptr);
    auto files = std::make_shared<std::optional<storage::Disk>>(target->disk());
    target->sync([self = shared_from_this(), files,
                  over = std::move(over)](const Result<void>&) {  // the export has logged it
        // Its sync keeps the export until this turn of the loop is over.
        self->on_files([]() -> Result<void> { return {}; },
                       [self, files, over](const Result<void>&) { self->release(files, over); });
    });
}

void Machine::release(const std::shared_ptr<std::optional<storage::Disk>>& files,
                      Sequence::Over over) {
    on_files(
        [files]() -> Result<void> {
            files->reset();
            return {};
        },
        [over = std::move(over)](const Result<void>&) { over(); });
}

void Machine::remove(Done done) {
    when_closed([self = shared_from_this(), done = std::move(done)](const Result<void>& closed) {
        if (!closed) return done(closed);
        const auto removal = std::make_shared<Removal>();
        self->on_files(
            [stem = self->stem_, kind = self->owner_.kind, removal]() -> Result<void> {
                auto aside = remove_overlay(stem, kind);
                if (aside) {
                    removal->aside = std::move(*aside);
                    return {};
                }
                removal->reset_pending = sys::path_exists(reset_path(stem));
                return tl::unexpected(std::move(aside.error()));
            },
            [self, removal, done](const Result<void>& result) {
                self->leave_aside(removal->aside);
                if (result) {
                    self->on_gone();
                } else {
                    self->reset_pending_ = removal->reset_pending;
                }
                done(result);
            });
    });
}

void Machine::leave_aside(const std::string& path) const {
    if (const auto remains = world_.remains.lock()) remains->add(path, owner_.export_name);
}

void Machine::on_gone() {
    exists_ = reset_pending_ = false;
    used_bytes_ = 0;
    ended_at_ = world_.loop.now();
}

void Machine::reset(Done done) {
    steps_.add([self = shared_from_this(), done = std::move(done)](const Sequence::Over& over) {
        self->on_files(
            [stem = self->stem_, owner = self->owner_]() -> Result<void> {
                NBDROOT_CHECK(check_files(stem, owner));
                return mark_for_reset(stem);
            },
            [self, done, over](const Result<void>& result) {
                if (result) self->reset_pending_ = true;
                over();
                done(result);
            });
    });
}

void Machine::drop(Done done) {
    steps_.add([self = shared_from_this(), done = std::move(done)](const Sequence::Over& over) {
        if (self->clients_ > 0 || !self->is_deserted()) {
            over();
            return done(fail("drop overlay", "",
                             cat(self->owner_.in_words(), " is connected: ", self->peer_)));
        }
        // Its boot would come back to nothing.
        if (self->door_ && self->door_->is_reserved()) {
            over();
            return done(fail(
                "drop overlay", "",
                cat(self->owner_.in_words(), " has lost its connection, and may come back within ",
                    export_::kReservation / std::chrono::seconds(1), " s"),
                EAGAIN));
        }
        const auto end = [done, over](const Result<void>& result) {
            over();
            done(result);
        };
        self->on_files(
            [stem = self->stem_, owner = self->owner_] { return check_files(stem, owner); },
            [self, end](const Result<void>& there) {
                if (there) return self->remove(end);
                if (there.error().code == ENOENT) self->on_gone();
                end(there);
            });
    });
}

bool Machine::is_deserted() const { return clients_ == 0 && (!door_ || door_->is_deserted()); }

bool Machine::is_forgettable() const { return !exists() && steps_.is_idle() && is_deserted(); }

void Machine::look() {
    if (!steps_.is_idle() || !is_deserted()) return;
    if (open_) {
        if (idle() >= world_.kept_open) begin_closing();
        return;
    }
    if (door_ && door_.use_count() == 1 && door_->is_remembered() && idle() >= kDoorKept) {
        door_.reset();
    }
    if (has_lingered()) begin_forgetting();
}

bool Machine::has_lingered() const {
    if (!exists_ || owner_.kind != OverlayKind::temporary) return false;
    const auto* const known = entry();
    const auto* const policy = known == nullptr ? nullptr : known->policy.get();
    // Its export may have gone meanwhile, or have other overlays: then as it was.
    const bool is_as_ever =
        policy != nullptr && policy->overlay && policy->overlay->kind == OverlayKind::temporary;
    return idle() >= (is_as_ever ? policy->overlay->linger : linger_);
}

void Machine::begin_closing() {
    steps_.add([self = shared_from_this()](const Sequence::Over& over) {
        if (self->is_deserted() && self->open_) return self->close(over);
        over();
    });
}

void Machine::begin_forgetting() {
    steps_.add([self = shared_from_this()](const Sequence::Over& over) {
        if (!self->is_deserted()) return over();
        self->remove([self, over](const Result<void>& removed) {
            self->on_forgotten(removed);
            over();
        });
    });
}

void Machine::on_forgotten(const Result<void>& removed) {
    idle_since_ = world_.loop.now();  // if it failed: not at once again
    const std::string what =
        cat("the temporary overlay of '", base::printable(owner_.text()), "' ");
    if (removed) {
        world_.log.info(cat(what, "is deleted: its machine has not come back (overlay-linger)"));
    } else {
        world_.log.warning(cat(what, "stays for now: ", removed.error().message()));
    }
}

}  // namespace nbdroot::server::machines
