#include "server/storage/overlay/range_lock.h"

#include <atomic>
#include <thread>

#include "tests/support/catch.h"

using nbdroot::server::storage::overlay::RangeLock;

TEST_CASE("blocks that somebody holds are not held twice, and their neighbours are free") {
    RangeLock lock;
    const RangeLock::Hold hold(lock, {10, 5});
    CHECK_FALSE(RangeLock::Hold(lock, {14, 1}, std::try_to_lock));
    CHECK_FALSE(RangeLock::Hold(lock, {0, 100}, std::try_to_lock));
    CHECK(RangeLock::Hold(lock, {15, 1}, std::try_to_lock));
    CHECK(RangeLock::Hold(lock, {9, 1}, std::try_to_lock));
}

TEST_CASE("who waits for blocks has them once they are given back") {
    RangeLock lock;
    std::atomic<bool> is_held = true;
    std::atomic<bool> was_early = false;
    std::thread other;
    {
        const RangeLock::Hold hold(lock, {10, 5});
        other = std::thread([&] {
            const RangeLock::Hold second(lock, {12, 9});
            was_early = is_held.load();
        });
        is_held = false;
    }
    other.join();
    CHECK_FALSE(was_early);
    CHECK(RangeLock::Hold(lock, {10, 20}, std::try_to_lock));
}
