// What is left of overlays that are gone: files (aside.h) that are deleted one after the other, by
// one thread that yields to everybody.
//
// What is still there when the server ends is found by the next one. Belongs to a loop.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::machines {

class Remains {
public:
    Remains(io::Loop& loop, const Log& log) : loop_(loop), log_(log) {}
    // The piece that is under way is waited for.
    ~Remains();
    Remains(const Remains&) = delete;
    Remains& operator=(const Remains&) = delete;

    // PATH has been put aside; empty: nothing has. It counts for EXPORT_NAME until it is deleted;
    // where nobody knows whose it was, for each export whose overlays lie beside it.
    void add(const std::string& path, std::optional<std::string> export_name = std::nullopt);
    // Of those that have yet to be deleted. The overlays of EXPORT_NAME lie in DIRECTORY.
    [[nodiscard]] std::size_t count(const std::string& export_name,
                                    const std::string& directory) const;

private:
    struct One {
        std::string path;
        std::optional<std::string> export_name;
    };

    void next();
    void on_deleted(const Result<void>& result);

    io::Loop& loop_;
    const Log& log_;
    std::deque<One> queue_;  // the first one is under way
    std::atomic<bool> stops_ = false;
    std::unique_ptr<storage::WorkerPool> pool_;  // null: nothing has ever been to be deleted
};

}  // namespace nbdroot::server::machines
