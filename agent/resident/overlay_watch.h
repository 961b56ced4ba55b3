// Looks now and then how full the memory of an overlay is, and says it in time.
#pragma once

#include <memory>

#include "agent/resident/fill_rule.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/sys/directory.h"

namespace nbdroot::agent::resident {

class OverlayWatch {
public:
    // RUN is /run/nbdroot. The memory need not be mounted there yet, and it is not held: whoever
    // unmounts it finds it unused.
    OverlayWatch(io::Loop& loop, const sys::Directory& run, const Log& log);

private:
    void look();

    io::Loop& loop_;
    const sys::Directory& run_;
    const Log& log_;
    FillRule rule_;
    std::unique_ptr<io::Timer> timer_;
};

}  // namespace nbdroot::agent::resident
