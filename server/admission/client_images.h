// Images of an export that has one for each address: opened when the first client of an address
// comes, shared by all of them, gone with the last.
//
// Belongs to a loop.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "server/config/config.h"
#include "server/export/export.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::admission {

class ClientImages {
public:
    // From an image that is open and claimed to what is served, on the loop's thread.
    using Make = std::function<std::shared_ptr<export_::Export>(
        const config::ExportConfig& wanted, storage::Image image, const std::string& image_id)>;
    using Done = std::function<void(const Result<std::shared_ptr<export_::Export>>&)>;

    ClientImages(storage::WorkerPool& pool, Make make) : pool_(pool), make_(std::move(make)) {}

    // WANTED, whose path is that of one image. DONE may be called from within.
    void open(const config::ExportConfig& wanted, Done done);
    // The same for somebody who only wants to know what it is: nobody shares what is opened for it,
    // and it keeps nobody from writing.
    void look_at(const config::ExportConfig& wanted, Done done);

private:
    struct Known {
        std::weak_ptr<export_::Export> target;
        std::vector<Done> waiting;
    };
    using Opened = Result<std::shared_ptr<export_::Export>>;

    void begin(const std::string& key, const config::ExportConfig& wanted);
    void finish(const std::string& key, const Opened& opened);
    void forget_unused();

    storage::WorkerPool& pool_;
    Make make_;
    std::unordered_map<std::string, Known> known_;
};

}  // namespace nbdroot::server::admission
