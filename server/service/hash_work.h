// Blocks of an export read and hashed, on a worker that others do not wait for.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/result.h"
#include "lib/protocol/service/request.h"
#include "server/export/export.h"
#include "server/service/asker.h"
#include "server/storage/worker_pool.h"

namespace nbdroot::server::service {

using HashesDone = std::function<void(const Result<std::vector<std::string>>&)>;

// WANTED lies within TARGET. DONE is called on the loop's thread. It ends early once IS_GONE says
// so, or TARGET's overlay has been closed, which it does not keep.
void begin_hashing(storage::WorkerPool& pool, const export_::Export& target,
                   const protocol::service::Hashes& wanted,
                   std::shared_ptr<const std::atomic<bool>> is_gone, HashesDone done);

}  // namespace nbdroot::server::service
