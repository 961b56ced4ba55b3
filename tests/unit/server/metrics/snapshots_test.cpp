#include "server/metrics/snapshots.h"

#include <atomic>
#include <thread>

#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using nbdroot::Duration;
using nbdroot::server::control::Statistics;
using nbdroot::server::metrics::Snapshots;
using nbdroot::test::BoundedLoop;

namespace {

constexpr Duration kLong = std::chrono::seconds(20);

struct Fixture {
    BoundedLoop loop;
    std::size_t made = 0;
    std::thread::id made_by;
    std::unique_ptr<Snapshots> snapshots = std::move(*Snapshots::make(loop.get(), [this] {
        made_by = std::this_thread::get_id();
        return Statistics{.live = ++made};
    }));
};

}  // namespace

TEST_CASE("a snapshot is made on the loop's thread, anew for each who asks") {
    Fixture f;
    CHECK(f.made == 0);
    for (std::size_t round = 1; round <= 2; ++round) {
        std::atomic<std::size_t> got = 0;
        std::thread asker([&] {
            const auto snapshot = f.snapshots->get(kLong);
            got = snapshot ? snapshot->live : 1000;
        });
        f.loop.run_until([&] { return got != 0; });
        asker.join();
        CHECK(got == round);
        CHECK(f.made_by == std::this_thread::get_id());
    }
}

TEST_CASE("several askers at once are all served") {
    Fixture f;
    std::atomic<int> served = 0;
    std::vector<std::thread> askers;
    for (int i = 0; i < 8; ++i) {
        askers.emplace_back([&] {
            if (f.snapshots->get(kLong)) ++served;
        });
    }
    f.loop.run_until([&] { return served == 8; });
    for (std::thread& asker : askers) asker.join();
}

TEST_CASE("a loop that does not answer keeps nobody waiting for ever") {
    Fixture f;
    CHECK(f.snapshots->get(Duration(1)) == nullptr);
}

TEST_CASE("closing sends away who waits, and who comes later") {
    Fixture f;
    std::atomic<bool> left = false;
    std::thread asker([&] {
        CHECK(f.snapshots->get(kLong) == nullptr);
        left = true;
    });
    f.snapshots->close();
    asker.join();
    CHECK(left);
    CHECK(f.snapshots->get(kLong) == nullptr);
}
