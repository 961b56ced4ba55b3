// One machine with an overlay: who may use it, and its files.
//
//   closed ──open()──► open ──the last client has gone, and some seconds──► closed
//      └──linger, temporary──► no files
//
// What touches the files happens one after the other, on workers. Clients come through its door one
// at a time; the files are open, and locked, for as long as one is in.
//
// Belongs to a loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "server/export/door.h"
#include "server/export/export_table.h"
#include "server/machines/arrival.h"
#include "server/machines/machine_files.h"
#include "server/machines/machine_view.h"
#include "server/machines/overlay_opening.h"
#include "server/machines/remains.h"
#include "server/machines/sequence.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::machines {

// What machines need around them. All outlive them, but the pool, which ends before.
struct World {
    io::Loop& loop;
    storage::WorkerPool& pool;
    const Log& log;
    const export_::ExportTable& exports;
    // A client that reconnects finds its overlay open.
    Duration kept_open = std::chrono::seconds(2);
    // A compaction may still work on an overlay that nobody uses any more; somebody else's disk may
    // be slow.
    Duration closing_limit = std::chrono::seconds(20);
    std::weak_ptr<Remains> remains{};  // of Machines
};

class Machine : public std::enable_shared_from_this<Machine> {
public:
    using Done = std::function<void(const Result<void>&)>;
    // A client is in for as long as it keeps it.
    class Stay;
    struct Admitted {
        std::shared_ptr<export_::Export> target;
        std::shared_ptr<Stay> stay;
    };
    using OpenDone = std::function<void(Result<Admitted>)>;

    Machine(const World& world, std::string stem, Owner owner);

    // DONE is told once door() is there; an Error: nobody can tell which boots may come in.
    void prepare(const Arrival& arrival, Done done);
    [[nodiscard]] const std::shared_ptr<export_::Door>& door() const { return door_; }
    // For a client that has come through the door, and keeps its seat. MAY_BE_MADE: there may be
    // one more overlay. DONE is not called if the client has left.
    void open(const Arrival& arrival, std::function<Result<void>()> may_be_made, OpenDone done);

    void reset(Done done);
    void drop(Done done);
    // Time has passed.
    void look();
    // As configured now.
    void set_quota(const config::OverlayConfig& overlay);

    // It has files, or is about to.
    [[nodiscard]] bool exists() const { return exists_ || open_ != nullptr; }
    // Nothing is lost with it but what its files say.
    [[nodiscard]] bool is_forgettable() const;
    // By a search that began then.
    void found(const FoundOverlay& overlay, Instant search_began);
    // Its files have gone at some time: a search that is still under way may have seen them.
    [[nodiscard]] bool has_ended() const { return ended_at_.has_value(); }

    [[nodiscard]] const Owner& owner() const { return owner_; }
    [[nodiscard]] const std::string& stem() const { return stem_; }
    // On which its overlay was begun.
    [[nodiscard]] const std::string& image_id() const { return image_id_; }
    [[nodiscard]] bool is_connected() const { return clients_ > 0; }
    // A new boot goes on with what is there.
    [[nodiscard]] bool keeps_image() const {
        return owner_.kind == config::OverlayKind::persistent && !reset_pending_;
    }
    // Null: it is closed.
    [[nodiscard]] const std::shared_ptr<export_::Export>& target() const { return open_; }
    [[nodiscard]] MachineView view() const;

private:
    struct Known;
    struct Opening;

    [[nodiscard]] Result<void> on_known(const Arrival& arrival, Known& known);
    [[nodiscard]] Result<void> check_boot(const Arrival& arrival) const;
    void make_door(export_::BootTokens tokens);
    [[nodiscard]] OverlayOpening plan(const Arrival& arrival) const;
    void begin(const std::shared_ptr<Opening>& opening, const Sequence::Over& over);
    void open_files(const std::shared_ptr<Opening>& opening, const Sequence::Over& over);
    void finish(const Opening& opening, Attempt attempt);
    void note_crash(const Opening& opening, bool may_have_lost);
    void turn_away(const Opening& opening, const Error& why, bool is_as_before);
    void welcome(const Opening& opening);
    void leave(bool keeps_overlay);
    void close(Sequence::Over over);
    void release(const std::shared_ptr<std::optional<storage::Disk>>& files, Sequence::Over over);
    void when_closed(Done then);
    void await_closed(Done then, Instant limit);
    void remove(Done done);
    void on_gone();
    void leave_aside(const std::string& path) const;
    [[nodiscard]] bool has_lingered() const;
    void begin_closing();
    void begin_forgetting();
    void on_forgotten(const Result<void>& removed);
    void on_files(std::function<Result<void>()> work, Done done);
    [[nodiscard]] bool is_deserted() const;
    [[nodiscard]] bool is_named() const { return !owner_.machine.empty(); }
    [[nodiscard]] const export_::ExportTable::Entry* entry() const;
    [[nodiscard]] Duration idle() const { return world_.loop.now() - idle_since_; }

    World world_;  // a client may be the last who knows this machine
    std::string stem_;
    Owner owner_;
    Sequence steps_;
    std::shared_ptr<export_::Door> door_;
    std::shared_ptr<export_::Export> open_;
    // What still works on it keeps its files locked.
    std::weak_ptr<storage::overlay::Overlay> overlay_;
    std::unique_ptr<io::Timer> retry_;
    bool exists_ = false;
    std::optional<Instant> ended_at_;
    bool reset_pending_ = false;
    bool has_lost_ = false;  // by a crash of the host, and its boot has yet to be told
    std::string image_id_;
    std::uint64_t used_bytes_ = 0;
    std::size_t clients_ = 0;
    std::string peer_;
    std::string boot_token_;
    Duration linger_ = config::OverlayConfig().linger;
    Instant idle_since_;
};

// "machine '5254' (temporary overlay, image 0f3a…)"; it is open.
[[nodiscard]] std::string describe(const Machine& machine);

// What clients are told of an overlay on BASE.
[[nodiscard]] protocol::nbd::ExportInfo info_over(const export_::Export& base);

class Machine::Stay {
public:
    Stay(std::weak_ptr<Machine> machine, bool keeps_overlay)
        : machine_(std::move(machine)), keeps_overlay_(keeps_overlay) {}
    Stay(const Stay&) = delete;
    Stay& operator=(const Stay&) = delete;
    ~Stay();  // NOLINT(bugprone-exception-escape): only where memory is out

private:
    std::weak_ptr<Machine> machine_;
    bool keeps_overlay_;
};

}  // namespace nbdroot::server::machines
