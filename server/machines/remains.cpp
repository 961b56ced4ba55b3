#include "server/machines/remains.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "server/machines/aside.h"

namespace nbdroot::server::machines {

using storage::WorkerPool;

Remains::~Remains() { stops_ = true; }

void Remains::add(const std::string& path, std::optional<std::string> export_name) {
    if (path.empty()) return;
    if (!pool_) {
        auto started = WorkerPool::start(loop_, 1, WorkerPool::Urgency::idle);
        if (!started) {
            return log_.warning(cat("overlays: ", path,
                                    " is deleted by the next start: ", started.error().message()));
        }
        pool_ = std::move(*started);
    }
    queue_.push_back({.path = path, .export_name = std::move(export_name)});
    if (queue_.size() == 1) next();
}

std::size_t Remains::count(const std::string& export_name, const std::string& directory) const {
    const auto count = std::count_if(queue_.begin(), queue_.end(), [&](const One& one) {
        if (one.export_name) return one.export_name == export_name;
        return std::string_view(one.path).substr(0, one.path.rfind('/')) == directory;
    });
    return static_cast<std::size_t>(count);
}

void Remains::next() {
    const std::string& path = queue_.front().path;
    auto result = std::make_shared<Result<void>>(fail("delete", path, "no memory", ENOMEM));
    pool_->submit({.work = [this, path, result] { *result = delete_aside(path, stops_); },
                   .done = [this, result] { on_deleted(*result); }});
}

void Remains::on_deleted(const Result<void>& result) {
    // Somebody else deletes it, or reads it: whoever starts next looks again.
    if (!result && result.error().code != EBUSY) {
        log_.warning(cat("overlays: ", result.error().message(),
                         "; what is left of an overlay stays until the next start"));
    }
    queue_.pop_front();
    if (!queue_.empty()) next();
}

}  // namespace nbdroot::server::machines
