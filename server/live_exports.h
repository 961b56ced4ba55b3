// Every export that lives: of the table, or kept by clients after a reload has taken it away.
//
// Belongs to a loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "server/export/export.h"
#include "server/plan.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server {

class LiveExports {
public:
    using Export = export_::Export;

    LiveExports(io::Loop& loop, const Log& log);

    // Before anything is made. STATE_DIRECTORY is where doors remember their tokens; empty:
    // nowhere.
    void set_pool(storage::WorkerPool& pool) { pool_ = &pool; }
    void set_state_directory(std::string path);
    [[nodiscard]] const std::string& state_directory() const { return state_directory_; }

    // The image of PLANNED, of which there must be one, is claimed: an Error if somebody else
    // writes it.
    Result<std::shared_ptr<Export>> make(PlannedExport planned);
    // Of an IMAGE that is claimed.
    [[nodiscard]] std::shared_ptr<Export> make(const config::ExportConfig& wanted,
                                               storage::Image image, const std::string& image_id);

    [[nodiscard]] std::vector<std::shared_ptr<Export>> all();

private:
    [[nodiscard]] std::shared_ptr<export_::Door> make_door(const Export& target);
    void forget_old_records();

    io::Loop& loop_;
    const Log& log_;
    storage::WorkerPool* pool_ = nullptr;
    std::string state_directory_;
    std::vector<std::weak_ptr<Export>> exports_;
    std::unique_ptr<io::Timer> records_look_;
};

}  // namespace nbdroot::server
