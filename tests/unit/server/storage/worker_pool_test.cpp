#include "server/storage/worker_pool.h"

#include <atomic>
#include <future>

#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using nbdroot::server::storage::WorkerPool;
using nbdroot::test::BoundedLoop;

TEST_CASE("work runs elsewhere, completions on the loop's thread") {
    BoundedLoop loop;
    auto pool = std::move(*WorkerPool::start(loop.get(), 3));
    const auto here = std::this_thread::get_id();
    std::atomic<int> worked = 0;
    int done = 0;
    int batches = 0;
    pool->set_after_batch([&] { ++batches; });
    for (int i = 0; i < 100; ++i) {
        pool->submit({.work =
                          [&] {
                              if (std::this_thread::get_id() != here) ++worked;
                          },
                      .done =
                          [&] {
                              if (std::this_thread::get_id() == here) ++done;
                          }});
    }
    loop.run_until([&] { return done == 100; });
    CHECK(worked == 100);
    CHECK(batches >= 1);
}

TEST_CASE("a completion may submit the next work") {
    BoundedLoop loop;
    auto pool = std::move(*WorkerPool::start(loop.get(), 2));
    int done = 0;
    std::function<void()> again = [&] {
        if (++done < 20) pool->submit({.work = [] {}, .done = again});
    };
    pool->submit({.work = [] {}, .done = again});
    loop.run_until([&] { return done == 20; });
}

TEST_CASE("a pool that goes away finishes its work and drops the completions") {
    BoundedLoop loop;
    std::atomic<int> worked = 0;
    int done = 0;
    {
        auto pool = std::move(*WorkerPool::start(loop.get(), 2));
        for (int i = 0; i < 50; ++i) {
            pool->submit({.work = [&] { ++worked; }, .done = [&] { ++done; }});
        }
    }
    CHECK(worked == 50);
    CHECK(done == 0);
}

TEST_CASE("slow work leaves workers to the rest, and is done in the end") {
    BoundedLoop loop;
    auto pool = std::move(*WorkerPool::start(loop.get(), 4));
    std::promise<void> slow;
    const auto held = slow.get_future().share();
    std::atomic<int> begun = 0;
    int ended = 0;
    for (int i = 0; i < 10; ++i) {
        pool->submit({.work =
                          [&begun, held] {
                              ++begun;
                              held.wait();
                          },
                      .done = [&] { ++ended; },
                      .pace = WorkerPool::Pace::slow});
    }
    loop.run_until([&] { return begun == 2; });
    bool read = false;
    pool->submit({.work = [] {}, .done = [&] { read = true; }});
    loop.run_until([&] { return read; });
    CHECK(begun == 2);
    slow.set_value();
    loop.run_until([&] { return ended == 10; });
}
