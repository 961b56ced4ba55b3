// The running server: one loop, its listeners, workers and clients, and an orderly end.
//
//   serving ──signal──► draining ──all clients gone, or 10 s──► syncing ──► stopped
//
// A second signal ends the process at once, in whatever state.
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
#include "server/listen/acceptor.h"
#include "server/live_exports.h"
#include "server/plan.h"
#include "server/session/clients.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server {

class Server {
public:
    Server(io::Loop& loop, const Log& log);

    // Takes over signals, starts workers. Call it while there is one thread.
    Result<void> start();
    // Where doors remember their tokens; empty: nowhere. Before the exports are added.
    void set_state_directory(const std::string& path);
    Result<void> add_export(PlannedExport planned);
    Result<void> listen(const config::Endpoint& endpoint);

    // For nbd-rootserverctl, on PATH; empty: at the default place, which need not be to be had.
    Result<void> open_control(const std::string& path);

    // Until it is stopped by a signal.
    Result<ExitStatus> run();

    // "serving … on …", one line for each export.
    void announce() const;

private:
    enum class State { serving, draining, syncing };

    [[nodiscard]] control::World world();
    void on_signal();
    void on_client(sys::Accepted accepted);
    void on_session_ended(session::Session& session);
    void on_batch();
    void drain(int signal);
    void on_drain_deadline();
    void sync_exports();
    void on_synced(const Result<void>& result);

    io::Loop& loop_;
    const Log& log_;
    Instant began_;
    export_::ExportTable exports_;
    std::vector<std::string> descriptions_;
    std::string state_directory_;
    session::Surroundings surroundings_;
    sys::Fd signals_;
    std::unique_ptr<io::Watch> signal_watch_;
    std::unique_ptr<io::Timer> drain_deadline_;
    std::vector<std::unique_ptr<listen::Acceptor>> acceptors_;
    session::Clients clients_;
    std::unique_ptr<control::Control> control_;  // null: there is none
    LiveExports live_;
    std::unique_ptr<ImageWatch> image_watch_;
    State state_ = State::serving;
    ExitStatus status_ = ExitStatus::done;
    std::size_t syncs_running_ = 0;
    // Last: its threads end before anything that their work may still use goes away.
    std::unique_ptr<storage::WorkerPool> pool_;
};

}  // namespace nbdroot::server
