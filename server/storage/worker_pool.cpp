#include "server/storage/worker_pool.h"

#include <algorithm>
#include <new>
#include <system_error>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/event_fd.h"
#include "lib/sys/thread_priority.h"

namespace nbdroot::server::storage {

Result<std::unique_ptr<WorkerPool>> WorkerPool::start(io::Loop& loop, unsigned workers,
                                                      Urgency urgency) {
    sys::Fd event = NBDROOT_TRY(sys::make_event_fd());
    std::unique_ptr<WorkerPool> pool(new WorkerPool(loop, std::move(event)));
    pool->watch_ = NBDROOT_TRY(loop.watch(pool->event_.get(), {.readable = true},
                                          [raw = pool.get()](io::Ready) { raw->finish_batch(); }));
    pool->slow_limit_ = std::max(1U, workers / 2);
    try {
        for (unsigned i = 0; i < workers; ++i) {
            pool->threads_.emplace_back([raw = pool.get(), urgency] {
                if (urgency == Urgency::idle) sys::yield_to_everybody();
                raw->run_worker();
            });
        }
    } catch (const std::system_error& error) {
        return fail("start", cat("worker thread ", pool->threads_.size() + 1, " of ", workers),
                    error.code().message(), error.code().value());
    }
    return pool;
}

WorkerPool::~WorkerPool() {
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    wanted_.notify_all();
    for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::submit(Task task) {
    {
        const std::lock_guard lock(mutex_);
        if (task.pace == Pace::slow) {
            const void* const party = task.party;
            slow_queue_.push(party, std::move(task));
        } else {
            queue_.push_back(std::move(task));
        }
    }
    wanted_.notify_one();
}

bool WorkerPool::can_take() const {
    return !queue_.empty() || (!slow_queue_.empty() && slow_running_ < slow_limit_);
}

WorkerPool::Task WorkerPool::take() {
    if (queue_.empty()) {
        ++slow_running_;
        return slow_queue_.pop();
    }
    Task task = std::move(queue_.front());
    queue_.pop_front();
    return task;
}

void WorkerPool::run_worker() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wanted_.wait(lock, [this] { return can_take() || (stopping_ && slow_queue_.empty()); });
        if (!can_take()) return;
        Task task = take();
        lock.unlock();
        try {
            task.work();
        } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch)
            // Its result, which says "not done" from the start, is told by its completion.
        }
        // Destroyed here: the completion, which may own what belongs to the loop, goes back.
        task.work = nullptr;
        lock.lock();
        if (task.pace == Pace::slow) {
            --slow_running_;
            wanted_.notify_all();  // room for another; at the end, perhaps nothing is left
        }
        finished_.push_back(std::move(task.done));
        if (finished_.size() == 1) sys::raise_event(event_.get());
    }
}

void WorkerPool::finish_batch() {
    std::vector<std::function<void()>> batch;
    {
        const std::lock_guard lock(mutex_);
        sys::clear_event(event_.get());
        batch.swap(finished_);
    }
    for (const auto& done : batch) done();
    batch.clear();
    if (after_batch_) after_batch_();
}

}  // namespace nbdroot::server::storage
