// The server's statistics for threads that are not its loop's.
//
// They are made on the loop's thread when somebody asks, between two of its turns: nothing is
// counted twice, locked or copied while requests are answered.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>

#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"
#include "server/control/statistics.h"

namespace nbdroot::server::metrics {

class Snapshots {
public:
    using Snapshot = std::shared_ptr<const control::Statistics>;

    // GATHER is called on LOOP's thread.
    static Result<std::unique_ptr<Snapshots>> make(io::Loop& loop,
                                                   std::function<control::Statistics()> gather);
    Snapshots(const Snapshots&) = delete;
    Snapshots& operator=(const Snapshots&) = delete;

    // From any thread but the loop's: the state after now. Null: none was made within LIMIT, or
    // this is closed.
    [[nodiscard]] Snapshot get(Duration limit);

    // Nobody waits any more, for good.
    void close();

private:
    Snapshots(sys::Fd event, std::function<control::Statistics()> gather)
        : event_(std::move(event)), gather_(std::move(gather)) {}

    void make_wanted();

    sys::Fd event_;
    std::function<control::Statistics()> gather_;
    std::unique_ptr<io::Watch> watch_;

    std::mutex mutex_;
    std::condition_variable made_;
    std::uint64_t wanted_ = 0;  // the number of the last call of get(); guarded by mutex_
    std::uint64_t served_ = 0;  // the last one that last_ is fresh enough for; guarded by mutex_
    Snapshot last_;             // guarded by mutex_
    bool closed_ = false;       // guarded by mutex_
};

}  // namespace nbdroot::server::metrics
