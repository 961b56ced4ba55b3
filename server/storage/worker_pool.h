// Threads for what may wait for a disk, so that the loop never does.
//
// Work runs on any worker, in no promised order; its completion runs on the loop's thread. Whatever
// work touches must be constant, or belong to that piece of work alone.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/sys/fd.h"
#include "server/storage/turns.h"

namespace nbdroot::server::storage {

class WorkerPool {
public:
    // Slow work (a sync, gigabytes of zeroes) takes at most half of the workers, however much of it
    // there is: somebody else's read does not wait behind it. Parties take turns with it.
    enum class Pace { normal, slow };
    // Where there is no memory, WORK ends early: whatever it leaves for DONE must say "not done"
    // until it is.
    struct Task {
        std::function<void()> work;
        std::function<void()> done;
        Pace pace = Pace::normal;
        const void* party = nullptr;  // whose slow work it is; only compared
    };

    // Of all workers: they share the processors with everybody, or take what nobody else wants.
    enum class Urgency { usual, idle };
    // Signals must have been blocked before: workers inherit that.
    static Result<std::unique_ptr<WorkerPool>> start(io::Loop& loop, unsigned workers,
                                                     Urgency urgency = Urgency::usual);

    // Finishes what is queued and waits for it; completions that have not run are dropped.
    ~WorkerPool();
    WorkerPool(const WorkerPool&) = delete;
    WorkerPool& operator=(const WorkerPool&) = delete;

    void submit(Task task);

    // Where completions run.
    [[nodiscard]] io::Loop& loop() const { return loop_; }

    // Called once after each batch of completions, on the loop's thread.
    void set_after_batch(std::function<void()> callback) { after_batch_ = std::move(callback); }

private:
    WorkerPool(io::Loop& loop, sys::Fd event) : loop_(loop), event_(std::move(event)) {}

    void run_worker();
    [[nodiscard]] bool can_take() const;
    [[nodiscard]] Task take();
    void finish_batch();

    io::Loop& loop_;
    sys::Fd event_;
    std::unique_ptr<io::Watch> watch_;
    std::function<void()> after_batch_;

    std::mutex mutex_;
    std::condition_variable wanted_;
    std::deque<Task> queue_;        // guarded by mutex_
    Turns<Task> slow_queue_;        // guarded by mutex_
    std::size_t slow_running_ = 0;  // guarded by mutex_
    std::size_t slow_limit_ = 1;
    std::vector<std::function<void()>> finished_;  // guarded by mutex_
    bool stopping_ = false;                        // guarded by mutex_

    std::vector<std::thread> threads_;
};

}  // namespace nbdroot::server::storage
