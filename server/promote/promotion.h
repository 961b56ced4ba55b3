// Gives new boots another image, and leaves those that run theirs: promote and rollback.
//
//   asked ─► decided (decision.h) ─► files (image_swap.h, on a worker) ─► table of exports ─► told
//
// One at a time; a reload, which reads the same names, waits for its end, and is refused none.
// Belongs to a loop.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "lib/base/log.h"
#include "server/export/export_table.h"
#include "server/live_exports.h"
#include "server/promote/decision.h"
#include "server/promote/formers.h"
#include "server/promote/order.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::promote {

class Promotion {
public:
    // An image is served under another name than the one that it was opened by.
    struct Move {
        sys::FileStamp file{};
        std::string path{};
    };

    // All of it outlives this.
    struct World {
        const Log& log;
        storage::WorkerPool& pool;
        LiveExports& live;
        export_::ExportTable& exports;
        Formers& formers;
        std::function<bool()> is_reloading;
        // The image of TARGET's export is TARGET's from now on.
        std::function<void(const export_::Export& target)> changed;
        std::function<void()> files_begin_to_move;
        std::function<void(const std::vector<Move>& moves)> files_have_moved;
    };
    explicit Promotion(World world);

    void promote(const Order& order, const Done& done);

    // Calls JOB when no promotion runs: now, if none does.
    void when_idle(std::function<void()> job);

private:
    struct Work;

    [[nodiscard]] bool is_idle() const { return !runs_ && !world_.formers.is_removing(); }
    void go_on();
    void begin(const Order& order, const Done& done);
    void on_swapped(Work& work, const Done& done);
    [[nodiscard]] Promoted put_in_place(Work& work);
    void tell(const Order& order, const Result<Promoted>& outcome) const;

    World world_;
    bool runs_ = false;
    std::deque<std::function<void()>> waiting_;  // each asker waits for one
};

}  // namespace nbdroot::server::promote
