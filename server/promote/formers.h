// The images that exports had before: kept for boots that began on them, and given up when nobody
// can need them any more.
//
// One is needed while a client uses it, while an overlay was begun on it, and for a while after
// that (overlay-linger, from the start of the server at the earliest): a machine without a
// connection comes back. Then its name, if it has one, is removed. One that was replaced by hand
// may have no name: it ends with the server at the latest. Belongs to a loop.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "server/export/export_table.h"
#include "server/session/clients.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::promote {

class Formers {
public:
    using Export = export_::Export;
    using Exports = std::vector<std::shared_ptr<Export>>;
    using Entry = export_::ExportTable::Entry;

    // Of a replaced image that nobody has said how long to keep: a boot that lost its connection
    // over a reload has this long to come back.
    static constexpr Duration kKept = std::chrono::minutes(10);
    // Of one export, without a name: each keeps a file open that nobody sees.
    static constexpr std::size_t kMostUnnamed = 8;
    // Of one export, by promote: each keeps a file open, and is read at every start.
    static constexpr std::size_t kMostNamed = 64;

    // All of it outlives this.
    struct World {
        io::Loop& loop;
        const Log& log;
        storage::WorkerPool& pool;
        export_::ExportTable& exports;
        const session::Clients& clients;
        // On which images overlays were begun. Nothing: that is not known, or not yet.
        std::function<std::optional<std::set<std::string>>()> overlays;
    };
    explicit Formers(World world);

    // ONE is a former image of the export NAME, the last one of them, and its file is called PATH;
    // empty: it may have no name.
    void keep(const std::string& name, const std::shared_ptr<Export>& one, std::string path);
    // The table is new. What BEFORE had, and is neither in use under the same name still nor one of
    // GONE_ON, is a former image from now on, if it was one or somebody may need it.
    void keep_older(const std::vector<Entry>& before, const Exports& gone_on);
    // The image is not a former one of the export NAME any more.
    void take_back(const std::string& name, const std::string& image_id);

    // Empty: it has no name, or is no former one.
    [[nodiscard]] std::string path_of(const Export& one) const;

    // While names are changed by somebody else, none is removed.
    void hold() { ++holds_; }
    void release();
    // Names are being removed; CALLBACK is called whenever that is done.
    [[nodiscard]] bool is_removing() const { return removing_ > 0; }
    void set_on_removed(std::function<void()> callback) { on_removed_ = std::move(callback); }

private:
    struct Kept {
        Instant seen{};  // when somebody needed it the last time
        std::string path{};
    };

    [[nodiscard]] const Entry* entry_of(const std::string& name) const;
    [[nodiscard]] Duration time_of(const Entry& entry, const Kept& kept) const;
    [[nodiscard]] bool is_needed(const Entry& entry, const Export& one) const;
    void trim(const std::string& name);
    void save_name(const std::string& name, const std::shared_ptr<Export>& one);
    void look();
    void remove(const std::shared_ptr<Export>& one, const std::string& path);

    World world_;
    std::unordered_map<const Export*, Kept> kept_;  // in the table
    std::unique_ptr<io::Timer> next_look_;
    std::size_t holds_ = 0;
    std::size_t removing_ = 0;
    std::function<void()> on_removed_;
};

}  // namespace nbdroot::server::promote
