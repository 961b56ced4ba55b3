// The configuration read again while clients are served.
//
// The new one is read and checked whole on a worker, its images are open before anything changes.
// With a complaint nothing changes; else one step on the loop puts a new table of exports in the
// place of the old one. Clients keep what they opened. Belongs to a loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "server/config/options.h"
#include "server/control/reload_outcome.h"
#include "server/export/export_table.h"
#include "server/live_exports.h"
#include "server/machines/machines.h"
#include "server/plan.h"
#include "server/promote/formers.h"
#include "server/reload/changes.h"
#include "server/reload/matching.h"
#include "server/session/clients.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::reload {

class Reload {
public:
    using Outcome = control::ReloadOutcome;
    using Done = std::function<void(const Outcome&)>;

    // All of it outlives this.
    struct World {
        io::Loop& loop;
        const Log& log;
        storage::WorkerPool& pool;
        LiveExports& live;
        export_::ExportTable& exports;
        const session::Clients& clients;
        promote::Formers& formers;
        const machines::Machines& machines;
        std::function<void(const config::Config&)> apply_limits;  // of the whole server
    };

    struct Start {
        config::Options options;
        config::Config config;
        std::vector<Served> served;
    };
    // START is what the server was started with.
    Reload(World world, Start start);

    // DONE gets the outcome, which is also logged. Who asks while a reload is under way gets the
    // outcome of one that begins after it: the file may have changed since it was read.
    void begin(Done done);
    // Else there is nothing to read again.
    [[nodiscard]] bool has_file() const { return options_.config_file.has_value(); }
    [[nodiscard]] bool is_running() const { return !askers_.empty(); }

    // Its export has TARGET now, and not by a reload: the next one finds nothing new.
    void on_promoted(const export_::Export& target);

private:
    struct Reading;

    void read();
    void on_read(Reading& reading);
    [[nodiscard]] Outcome apply(Plan plan);
    [[nodiscard]] std::vector<Living> living(
        const std::vector<std::shared_ptr<export_::Export>>& all) const;
    [[nodiscard]] std::size_t count_users(const export_::Export& target) const;
    [[nodiscard]] bool is_base(const export_::Export& target) const;
    [[nodiscard]] std::vector<std::string> overlay_complaints(const Plan& plan) const;
    [[nodiscard]] KnownIds known_ids() const;
    [[nodiscard]] std::vector<std::string> claim(
        const Plan& plan, const std::vector<Match>& matches,
        const std::vector<std::shared_ptr<export_::Export>>& all) const;
    void swap(Plan plan, const std::vector<Match>& matches,
              const std::vector<std::shared_ptr<export_::Export>>& all);
    void keep_found(const std::vector<export_::ExportTable::Entry>& before,
                    std::vector<PlannedExport>& planned);
    void tell(const Outcome& outcome) const;

    World world_;
    config::Options options_;
    config::Config started_;
    std::vector<Served> served_;
    std::vector<Done> askers_;   // of the reload that runs
    std::vector<Done> waiting_;  // for the one after it
};

}  // namespace nbdroot::server::reload
