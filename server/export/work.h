// What all work of an export on a worker has in common.
#pragma once

#include <cerrno>

#include "lib/base/result.h"
#include "server/export/door.h"

namespace nbdroot::server::export_ {

// A worker that runs out of memory leaves it so: the client is not answered, but disconnected.
[[nodiscard]] inline Result<void> not_done() { return fail("do", "work", "no memory", ENOMEM); }

[[nodiscard]] inline Result<void> ended() {
    return fail("begin", "work", "its connection has ended", ECANCELED);
}

// SEAT may be null: there is no door.
[[nodiscard]] inline Result<void> may_begin(const Door::Seat* seat) {
    return seat == nullptr || !seat->is_revoked() ? Result<void>() : ended();
}

}  // namespace nbdroot::server::export_
