// Whether writes into the page cache wait at present.
//
// As a rule they do not. While the host writes back more than its disks take, or its file system's
// journal is full, each of them does, for up to 0.2 s, and no call says so beforehand: one that has
// waited sends all to the workers, until none has waited for a while.
//
// Pure.
#pragma once

#include "lib/base/time.h"

namespace nbdroot::server::export_ {

class WritePace {
public:
    // Whoever takes so long has waited; copying 256 KiB takes 0.1 ms.
    static constexpr Duration kSlow = std::chrono::milliseconds(5);
    static constexpr Duration kPause = std::chrono::seconds(1);

    void wrote(Instant from, Instant to) {
        if (to - from >= kSlow) wait_until_ = to + kPause;
    }
    [[nodiscard]] bool may_write_now(Instant now) const { return now >= wait_until_; }

private:
    Instant wait_until_{};
};

}  // namespace nbdroot::server::export_
