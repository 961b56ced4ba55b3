#include "server/storage/worker_pool.h"

#include <system_error>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/event_fd.h"

namespace nbdroot::server::storage {

Result<std::unique_ptr<WorkerPool>> WorkerPool::start(io::Loop& loop, unsigned workers) {
    sys::Fd event = NBDROOT_TRY(sys::make_event_fd());
    std::unique_ptr<WorkerPool> pool(new WorkerPool(std::move(event)));
    pool->watch_ = NBDROOT_TRY(loop.watch(pool->event_.get(), {.readable = true},
                                          [raw = pool.get()](io::Ready) { raw->finish_batch(); }));
    try {
        for (unsigned i = 0; i < workers; ++i) {
            pool->threads_.emplace_back([raw = pool.get()] { raw->run_worker(); });
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
        queue_.push_back(std::move(task));
    }
    wanted_.notify_one();
}

void WorkerPool::run_worker() {
    std::unique_lock lock(mutex_);
    for (;;) {
        wanted_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        Task task = std::move(queue_.front());
        queue_.pop_front();
        lock.unlock();
        task.work();
        // Destroyed here: the completion, which may own what belongs to the loop, goes back.
        task.work = nullptr;
        lock.lock();
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
