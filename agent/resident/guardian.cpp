#include "agent/resident/guardian.h"

#include <utility>

#include "agent/attach/kernel_nbd.h"
#include "agent/attach/resident.h"
#include "agent/resident/event_ring.h"
#include "agent/resident/journal.h"
#include "agent/resident/lease_note.h"
#include "agent/resident/notes.h"
#include "agent/resident/relay_store.h"
#include "agent/resident/restarts.h"
#include "agent/resident/session.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/passed_fd.h"
#include "lib/sys/process.h"
#include "lib/sys/shared_memory.h"
#include "lib/sys/stream.h"
#include "lib/sys/unix_listener.h"

namespace nbdroot::agent::resident {
namespace {

// Only a loaded machine needs more than milliseconds.
constexpr Duration kReadyLimit{10'000};

// Until the session process ends: what it passes on is held.
void hold(int channel, Held& held) {
    for (;;) {
        auto received = sys::receive_fd(channel);
        if (!received || !*received) return;
        if (**received) held.connection = std::move(**received);
    }
}

int work(const Plan& plan, Held& held, int guardian, Start start, const Log& log) {
    const auto ended = run_session(plan, held, guardian, start, log);
    if (ended) return 0;
    log.error(cat("attach: ", ended.error().message()));
    return 1;
}

std::string describe(const sys::ChildEnd& end) {
    return end.signal != 0 ? cat("killed by signal ", end.signal)
                           : cat("it left with ", end.status);
}

// sysvinit's sendsigs spares the processes that a file names.
void publish_processes(const Plan& plan, const Held& held, pid_t session, const Log& log) {
    if (!held.run) return;
    std::string text = cat(sys::own_process(), '\n', session, '\n');
    if (plan.runner > 0) text += cat(plan.runner, '\n');
    const auto written = held.run->replace_file("pids", text);
    if (!written) log.debug(cat("attach: ", written.error().message()));
}

// Runs one session process from its start to its end.
Result<sys::ChildEnd> run_one(const Plan& plan, Held& held, Start start, const Log& log) {
    auto channel = NBDROOT_TRY(sys::make_stream_pair());
    const pid_t pid = NBDROOT_TRY(sys::fork_child([&] {
        channel.first.reset();
        return work(plan, held, channel.second.get(), start, log);
    }));
    channel.second.reset();
    publish_processes(plan, held, pid, log);
    // A relayed connection ends with its process.
    if (plan.is_relayed) held.connection.reset();
    hold(channel.first.get(), held);
    return sys::wait_for_child(pid);
}

std::string describe(const Restarts::Next& next, Instant now) {
    const std::string again = next.died_young < 2 ? "" : cat(" (", next.died_young, " in a row)");
    if (next.at <= now) return cat(again, "; starting another");
    const Duration wait = next.at - now;
    return cat(again, "; starting another in ", (wait.count() + 999) / 1000, " s");
}

int guard(const Plan& plan, Held& held, const Log& log) {
    attach::become_resident(log);
    // Whoever waits for it is this process's own parent; nothing else is ever sent.
    (void)sys::send_some(held.boot.get(), base::as_bytes("!"), "");
    const Log recorded = recording(log, EventRing(held.events.bytes()));
    Restarts restarts;
    for (Start start = Start::first;; start = Start::again) {
        const Instant began = sys::now();
        const auto end = run_one(plan, held, start, log);
        if (end && end->is_success()) return 0;
        const Instant ended = sys::now();
        const Restarts::Next next = restarts.on_end({.began = began, .ended = ended});
        const std::string why =
            end ? cat("the session process has ended, ", describe(*end)) : end.error().message();
        recorded.error(cat("attach: ", why, describe(next, ended)));
        if (ended < next.at) sys::pause_until(next.at);
    }
}

template <class T>
void keep(std::optional<T>& place, Result<T> opened, const Log& log) {
    if (opened) {
        place.emplace(std::move(*opened));
    } else {
        log.warning(cat("attach: ", opened.error().message(), "; going on without it"));
    }
}

void open_control(Held& held, const Log& log) {
    auto control = sys::listen_unix(cat(kRunFolder, "/control"));
    if (control) {
        held.control = std::move(*control);
    } else {
        log.warning(cat("attach: ", control.error().message(), "; going on without it"));
    }
}

Result<sys::NetlinkSocket> open_news() {
    const auto kernel = NBDROOT_TRY(attach::KernelNbd::open());
    return kernel.open_news();
}

}  // namespace

Held open_held(const Plan& plan, const Log& log) {
    Held held;
    const auto made = sys::make_directories(kRunFolder);
    if (!made) log.warning(cat("attach: ", made.error().message(), "; going on without it"));
    keep(held.run, sys::Directory::open(kRunFolder), log);
    keep(held.block, sys::Directory::open(cat("/sys/block/", plan.device)), log);
    open_control(held, log);
    if (!plan.is_relayed) keep(held.news, open_news(), log);
    return held;
}

Result<Resident> start(const Plan& plan, Held held, const Log& log) {
    auto boot = NBDROOT_TRY(sys::make_stream_pair());
    held.boot = std::move(boot.second);
    held.notes = NBDROOT_TRY(sys::make_shared_memory(Notes::kBytes));
    held.events = NBDROOT_TRY(sys::make_shared_memory(EventRing::kBytes));
    held.lease = NBDROOT_TRY(sys::make_shared_memory(LeaseNote::kBytes));
    if (plan.is_relayed) held.store = NBDROOT_TRY(sys::make_shared_memory(kRelayMemoryBytes));
    const pid_t pid = NBDROOT_TRY(sys::fork_child([&] {
        boot.first.reset();
        return guard(plan, held, log);
    }));
    held.boot.reset();
    Resident resident{.guardian = pid, .boot = std::move(boot.first)};
    // /proc and /dev may be gone from its sight any time after this returns.
    if (sys::wait_for_byte(resident.boot.get(), kReadyLimit)) return resident;
    end(resident);
    return fail("start", "the resident process", "it did not get ready");
}

void end(const Resident& resident, const std::string& run) {
    sys::kill_group(resident.guardian);
    for (const char* const name : {"/status.json", "/pids", "/control"}) {
        sys::remove_file(run + name);
    }
}

}  // namespace nbdroot::agent::resident
