// The running server: one loop, its listeners, workers and clients, and an orderly end.
//
//   serving ──signal──► draining ──all clients gone, or 10 s──► syncing ──► stopped
//      ▲                                                           │
//      └──that has failed── a new program takes over ◄──restart────┘
//
// A second signal to stop ends the process at once, in whatever state.
#pragma once

#include <memory>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"
#include "server/control/control.h"
#include "server/exit_status.h"
#include "server/export/export_table.h"
#include "server/image_watch.h"
#include "server/listen/listeners.h"
#include "server/live_exports.h"
#include "server/memory_reserve.h"
#include "server/merkle/roots.h"
#include "server/metrics/metrics.h"
#include "server/plan.h"
#include "server/promote/promotion.h"
#include "server/reload/reload.h"
#include "server/restart/program_check.h"
#include "server/session/clients.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server {

class Server {
public:
    // INHERITED: what there was before this program, if anything.
    Server(io::Loop& loop, const Log& log, listen::Inheritance inherited = {});

    // Takes over signals, starts workers. Call it while there is one thread.
    Result<void> start();
    // Where doors remember their tokens; empty: nowhere. Before the exports are added.
    void set_state_directory(const std::string& path);
    Result<void> add_export(PlannedExport planned);
    // Where WANTED says; OWNER, if any, is given unix sockets.
    Result<void> listen(const config::Config& wanted, const std::optional<sys::Account>& owner);
    // The one client is on standard input; the server ends with it.
    Result<void> serve_standard_input();
    // Also later: limits of the whole server, and whether exports are listed.
    void set_limits(const config::Config& wanted);
    // For good, with everything open.
    Result<void> become(const sys::Account& account);

    // For nbd-rootserverctl, on PATH; empty: at the default place, which need not be to be had.
    Result<void> open_control(const std::string& path);

    // By SIGHUP or the control socket. After the exports were added, before the control socket.
    void enable_reload(const config::Options& options, const config::Config& started);

    // What a restart runs: the program at PATH, or why that cannot be.
    void set_program(Result<std::string> path, std::vector<std::string> arguments);

    // For Prometheus.
    Result<void> open_metrics(const config::Endpoint& endpoint);

    // Until it is stopped by a signal.
    Result<ExitStatus> run();

    // "serving … on …", one line for each export.
    void announce() const;

private:
    enum class State { serving, draining, syncing };
    // Until the last step clients are served as if nothing were.
    enum class Restart { none, checking, syncing, draining };

    [[nodiscard]] control::World world();
    void begin_reload(const reload::Reload::Done& done);
    void set_up_promotion();
    void promote(const promote::Order& order, const promote::Done& done);
    void on_signal();
    void set_up_reception();
    void set_up_commands();
    Result<void> set_up_service();
    void set_up_roots();
    [[nodiscard]] service::Usage usage_of(const service::Subject& subject) const;
    [[nodiscard]] std::size_t connections() const;
    void on_client(sys::Accepted accepted);
    [[nodiscard]] bool has_room_for(const sys::Accepted& accepted);
    void mind_room();
    void on_session_ended(session::Session& session);
    void on_batch();
    void stop(int signal);
    void drain(const std::string& reason);
    void on_drain_deadline();
    void on_drained();
    // Whatever is written, or was until a moment ago.
    [[nodiscard]] std::vector<std::shared_ptr<export_::Export>> written();
    void sync_exports();
    void on_synced(const Result<void>& result);
    void on_all_synced();
    [[nodiscard]] Result<void> judge(const Result<void>& result) const;
    using RestartDone = std::function<void(const control::RestartOutcome&)>;
    void begin_restart(const RestartDone& done);
    [[nodiscard]] std::string why_no_restart() const;
    [[nodiscard]] bool restarts() const { return restart_ == Restart::draining; }
    void sync_before_restart(const RestartDone& done);
    void drain_for_restart(const RestartDone& done);
    void refuse_restart(const restart::Complaints& complaints, const RestartDone& done);
    void on_checked(const restart::Complaints& complaints, const RestartDone& done);
    [[nodiscard]] std::vector<sys::Legacy> legacies() const;
    void hand_over();
    void go_on();

    io::Loop& loop_;
    const Log& log_;
    Instant began_;
    std::int64_t began_calendar_us_;
    listen::Inheritance inherited_;
    export_::ExportTable exports_;
    std::vector<std::string> descriptions_;
    std::string state_directory_;
    session::Surroundings surroundings_;
    sys::Fd signals_;
    std::unique_ptr<io::Watch> signal_watch_;
    std::unique_ptr<io::Timer> drain_deadline_;
    std::unique_ptr<listen::Listeners> listeners_;  // null once it stops
    bool on_standard_input_ = false;
    bool is_full_ = false;
    MemoryReserve memory_;
    std::unique_ptr<io::Timer> memory_look_;  // armed while there is too little
    Instant full_quiet_until_{};
    std::uint32_t maximum_connections_ = config::kNoLimit;
    std::uint32_t maximum_connections_per_address_ = config::kNoLimit;
    session::Clients clients_;
    std::unique_ptr<control::Control> control_;  // null: there is none
    std::unique_ptr<metrics::Metrics> metrics_;  // null: there are none
    LiveExports live_;
    std::vector<reload::Served> served_;  // until reload_ has them
    std::unique_ptr<reload::Reload> reload_;
    std::unique_ptr<ImageWatch> image_watch_;
    std::unique_ptr<promote::Formers> formers_;
    std::unique_ptr<promote::Promotion> promotion_;
    State state_ = State::serving;
    bool told_to_stop_ = false;  // by a signal; one more ends the process
    Result<std::string> program_path_ = fail("restart", "", "it is not known what was started");
    std::vector<std::string> arguments_;
    std::unique_ptr<restart::ProgramCheck> check_;  // while it runs
    Restart restart_ = Restart::none;
    std::unique_ptr<io::Timer> hand_over_again_;
    Instant hand_over_by_{};
    ExitStatus status_ = ExitStatus::done;
    std::size_t syncs_running_ = 0;
    // Last: its threads end before anything that their work may still use goes away.
    std::unique_ptr<storage::WorkerPool> pool_;
    std::unique_ptr<storage::WorkerPool> idle_pool_;
    // But for this: its work, which takes minutes, is given up first.
    std::unique_ptr<merkle::Roots> roots_;
};

}  // namespace nbdroot::server
