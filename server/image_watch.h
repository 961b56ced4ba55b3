// Looks every few seconds at what others do to the images that are served, and says so once.
//
// What a read or write finds out by itself is answered there; this says why, to whom it matters,
// and finds what no request notices: a read-only image that is overwritten in place. Belongs to a
// loop; the looking is done by a worker.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "server/export/export.h"
#include "server/storage/image_history.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server {

class ImageWatch {
public:
    using Export = export_::Export;
    // Of each file it costs two system calls; a network file system asks its server.
    static constexpr Duration kInterval = std::chrono::seconds(2);

    struct Sources {
        std::function<std::vector<std::shared_ptr<Export>>()> exports;
        std::function<std::size_t(const Export&)> clients;  // how many use it
    };

    // All must outlive it, and the pool must end before it does.
    ImageWatch(io::Loop& loop, storage::WorkerPool& pool, const Log& log, Sources sources);

    // The server itself gives files other names: what is seen meanwhile is no news.
    void begin_moves() { ++moves_; }
    // FILE has the name PATH now.
    void on_moved(const sys::FileStamp& file, const std::string& path);
    void end_moves() { ++moves_; }

private:
    struct Known {
        std::weak_ptr<Export> target;
        storage::ImageHistory history;
    };
    struct Looks;

    void look();
    void on_looks(const Looks& looks);
    [[nodiscard]] std::string path_of(const Export& target) const;
    [[nodiscard]] storage::ImageHistory& history_of(const std::shared_ptr<Export>& target);

    io::Loop& loop_;
    storage::WorkerPool& pool_;
    const Log& log_;
    Sources sources_;
    std::unordered_map<const Export*, Known> known_;
    std::unique_ptr<io::Timer> next_look_;
    std::uint64_t moves_ = 0;  // odd: files are being moved
    std::map<std::pair<std::uint64_t, std::uint64_t>, std::string> paths_;  // of moved files
};

// "export 'debian': /srv/debian.img was truncated from 4.0 GiB to 1.0 GiB under 12 clients; …"
[[nodiscard]] std::string describe(storage::ImageHistory::News news, const export_::Export& target,
                                   std::uint64_t size_bytes, std::size_t clients);

}  // namespace nbdroot::server
