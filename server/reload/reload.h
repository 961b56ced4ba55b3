// The configuration read again while clients are served.
//
// The new one is read and checked whole on a worker, its images are open before anything changes.
// With a complaint nothing changes; else one step on the loop puts a new table of exports in the
// place of the old one. Clients keep what they opened. Belongs to a loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "server/config/options.h"
#include "server/control/reload_outcome.h"
#include "server/export/export_table.h"
#include "server/live_exports.h"
#include "server/plan.h"
#include "server/reload/changes.h"
#include "server/reload/matching.h"
#include "server/session/clients.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::reload {

class Reload {
public:
    using Outcome = control::ReloadOutcome;
    using Done = std::function<void(const Outcome&)>;

    // A boot that lost its connection over a reload has this long to come back to the image that
    // it began on, after its last client was seen.
    static constexpr Duration kFormerKept = std::chrono::minutes(10);

    // All of it outlives this.
    struct World {
        io::Loop& loop;
        const Log& log;
        storage::WorkerPool& pool;
        LiveExports& live;
        export_::ExportTable& exports;
        const session::Clients& clients;
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

private:
    struct Reading;

    void read();
    void on_read(Reading& reading);
    [[nodiscard]] Outcome apply(Plan plan);
    [[nodiscard]] std::vector<Living> living(
        const std::vector<std::shared_ptr<export_::Export>>& all) const;
    [[nodiscard]] KnownIds known_ids() const;
    [[nodiscard]] std::vector<std::string> claim(
        const Plan& plan, const std::vector<Match>& matches,
        const std::vector<std::shared_ptr<export_::Export>>& all) const;
    void swap(Plan plan, const std::vector<Match>& matches,
              const std::vector<std::shared_ptr<export_::Export>>& all);
    void keep_former(const std::vector<export_::ExportTable::Entry>& before,
                     const std::vector<std::shared_ptr<export_::Export>>& kept);
    void look_at_former();
    void tell(const Outcome& outcome) const;

    World world_;
    config::Options options_;
    config::Config started_;
    std::vector<Served> served_;
    // Of the table: when a client was last seen.
    std::unordered_map<const export_::Export*, Instant> former_;
    std::unique_ptr<io::Timer> former_look_;
    std::vector<Done> askers_;   // of the reload that runs
    std::vector<Done> waiting_;  // for the one after it
};

}  // namespace nbdroot::server::reload
