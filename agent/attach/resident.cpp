#include "agent/attach/resident.h"

#include "lib/base/text.h"
#include "lib/sys/process.h"

namespace nbdroot::agent::attach {
namespace {

constexpr char kProcessName[] = "@nbdroot-agent";

}  // namespace

void become_resident(const Log& log) {
    const auto warn = [&](const Result<void>& result) {
        if (!result) log.warning(cat("attach: ", result.error().message(), "; going on without"));
    };
    warn(sys::block_all_signals());
    warn(sys::rename_process(kProcessName));
    warn(sys::leave_terminal());
    warn(sys::refuse_memory_killer());
    warn(sys::lock_memory());
    warn(sys::become_io_flusher());
}

}  // namespace nbdroot::agent::attach
