// The Merkle roots of the images that are served read-only, or under overlays: computed in the
// background, kept, and given up as soon as a file changes.
//
//   waiting ──unchanged for 2 s──► computing ──► known
//      ▲                               │           │
//      └────────the file changes───────┴───────────┘
//
// It is waited for so long because what is written within the same tick of a file system's clock
// leaves the file with the same times. Belongs to a loop.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "server/export/export_table.h"
#include "server/merkle/kept_files.h"
#include "server/merkle/root_view.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::merkle {

class Roots {
public:
    // Longer than a tick of any file system's clock (vfat: 2 s).
    static constexpr Duration kInterval = std::chrono::milliseconds(2100);

    // All outlive it, but for the pools: they end after it, and call nothing then.
    struct World {
        io::Loop& loop;
        storage::WorkerPool& pool;       // for looks at the files
        storage::WorkerPool& idle_pool;  // for the work
        const Log& log;
        const export_::ExportTable& exports;
        Duration interval = kInterval;
    };

    explicit Roots(World world);
    ~Roots();
    Roots(const Roots&) = delete;
    Roots& operator=(const Roots&) = delete;

    // The first look: kept roots are known when it returns. Waits for the file system.
    // STATE_DIRECTORY may be empty: there is none.
    void begin(std::string state_directory);

    [[nodiscard]] RootView view(const storage::Image& image) const;
    // With its form; empty: not known, or not of the file as it is now. Does not wait.
    [[nodiscard]] std::string root_of(const storage::Image& image) const;

private:
    struct Job;
    struct Subject;
    struct Looks;
    struct Known {
        std::string export_name{};
        std::weak_ptr<const storage::Image> image{};
        KeptPlace place{};
        std::optional<sys::FileVersion> seen{};  // at the last look
        std::optional<KeptRoot> root{};
        std::shared_ptr<Job> job{};  // null: none is under way
        std::string fault{};         // empty: none
        bool is_unfit = false;       // the fault stays: a block device
        Instant again{};             // after a fault
        bool has_looked_for_kept = false;
    };
    using Images = std::map<const storage::Image*, Known>;

    [[nodiscard]] std::vector<Subject> subjects() const;
    [[nodiscard]] Looks next_looks() const;
    void look();
    void on_looks(const Looks& looks);
    void on_look(Known& known, const Subject& subject);
    void on_version(Known& known, const Subject& subject, const sys::FileVersion& version);
    [[nodiscard]] bool take_from_twin(Known& known, const sys::FileVersion& version);
    void start(Known& known, const sys::FileVersion& version);
    void on_done(const std::shared_ptr<Job>& job);
    void tell(const Known& known, const Job& job) const;
    static void cancel(Known& known);
    [[nodiscard]] const Known* find(const storage::Image& image) const;

    World world_;
    std::string state_directory_;
    Images images_;
    std::unique_ptr<io::Timer> next_look_;
};

}  // namespace nbdroot::server::merkle
