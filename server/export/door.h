// Where the clients of a writable export wait, and who has its one seat.
//
// Does what Lease decides: asks the sessions for their pulse, ends the one that must go, remembers
// tokens on disk. Belongs to a loop; owned by the export.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "server/export/lease.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::export_ {

class Door : public std::enable_shared_from_this<Door> {
public:
    class Seat;
    class Ticket;

    // A session, as the door needs it. All is called on the loop's thread, perhaps from within
    // enter(); none after the session has gone.
    struct Visitor {
        std::string peer;   // for messages
        std::string token;  // its boot; empty: none
        // The seat is held until its last copy goes: every piece of running work keeps one.
        std::function<void(std::shared_ptr<Seat>)> admit;
        std::function<void(std::string text)> refuse;
        // Only where a record is needed: it is not let in for a trouble of the server's own.
        std::function<void(const Error& why)> fail{};
        // End the connection now, answer nothing.
        std::function<void(const std::string& reason)> shut_down;
        std::function<Pulse()> look;
        std::function<void(bool on)> probe;  // keepalive probes every second, or as usual
    };

    struct Settings {
        std::string export_name;
        // Where tokens are remembered; empty: only in memory.
        std::string record_path;
        // Whose disk it is is told by the record, after a restart: a boot that cannot be written
        // down does not come in, and displaces nobody. Else that is a warning.
        bool needs_record = false;
    };

    Door(Settings settings, BootTokens tokens, io::Loop& loop, storage::WorkerPool& pool,
         const Log& log);

    // Whoever has the seat has done nothing with it, and lets go of it: it displaces nobody.
    void give_back() { gives_back_ = true; }

    // For messages.
    void rename(const std::string& export_name) { settings_.export_name = export_name; }

    // VISITOR is admitted or refused, now or later. Keep the ticket until then: without it the
    // visitor has left.
    [[nodiscard]] std::unique_ptr<Ticket> enter(Visitor visitor);

    // TOKEN, not empty, is the boot that may write.
    [[nodiscard]] bool is_of(const std::string& token) const {
        return !token.empty() && lease_.tokens().current() == token;
    }

    // Nobody waits, and nobody's work runs.
    [[nodiscard]] bool is_deserted() const { return visitors_.empty(); }
    // Its boot lost its connection moments ago, and may come back.
    [[nodiscard]] bool is_reserved() const { return lease_.is_reserved(loop_.now()); }
    [[nodiscard]] const BootTokens& tokens() const { return lease_.tokens(); }
    // Every boot that was displaced is on the disk.
    [[nodiscard]] bool is_remembered() const { return remembered_; }

private:
    using ClientId = Lease::ClientId;

    void leave(ClientId client);
    void vacate(ClientId client, Lease::Parting parting);
    void end_stay(ClientId client, Lease::Parting parting);
    [[nodiscard]] bool has_displaced() const;
    void undo(ClientId client, Lease::Parting parting);
    void on_undone(const Result<void>& result);
    void look();
    void perform(const Lease::Actions& actions);
    void perform(const Lease::Admit& action);
    void perform(const Lease::Refuse& action);
    void perform(const Lease::ShutDown& action);
    void perform(const Lease::Probe& action);
    void perform(const Lease::EndProbe& action);
    void perform(const Lease::Wait& action);
    void remember(std::shared_ptr<Seat> seat, ClientId client);
    void on_remembered(ClientId client, std::shared_ptr<Seat> seat, const Result<void>& result);
    void seat(ClientId client, std::shared_ptr<Seat> seat);
    [[nodiscard]] std::string by_whom() const;
    [[nodiscard]] std::string explain(Lease::Refusal why) const;

    Settings settings_;
    io::Loop& loop_;
    storage::WorkerPool& pool_;
    const Log& log_;
    Lease lease_;
    bool remembered_ = true;
    bool gives_back_ = false;  // the holder
    ClientId next_client_ = 1;
    std::unordered_map<ClientId, Visitor> visitors_;  // the holder and whoever waits
    std::unique_ptr<io::Timer> next_look_;
    std::unique_ptr<io::Timer> reservation_;
};

// The right to work on the export.
class Door::Seat {
public:
    Seat(std::weak_ptr<Door> door, ClientId client) : door_(std::move(door)), client_(client) {}
    Seat(const Seat&) = delete;
    Seat& operator=(const Seat&) = delete;
    ~Seat();  // NOLINT(bugprone-exception-escape): only where memory is out

    // Whether the client may come back if its connection ends now; at first it may not.
    void set_parting(Lease::Parting parting) { parting_ = parting; }

    // The connection has ended: no work that has not begun may begin. Any thread may ask.
    void revoke() { revoked_ = true; }
    [[nodiscard]] bool is_revoked() const { return revoked_; }

private:
    std::weak_ptr<Door> door_;
    ClientId client_;
    Lease::Parting parting_ = Lease::Parting::for_good;
    std::atomic<bool> revoked_ = false;
};

class Door::Ticket {
public:
    Ticket(std::weak_ptr<Door> door, ClientId client) : door_(std::move(door)), client_(client) {}
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    ~Ticket();  // NOLINT(bugprone-exception-escape): the same

private:
    std::weak_ptr<Door> door_;
    ClientId client_;
};

}  // namespace nbdroot::server::export_
