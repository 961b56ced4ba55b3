#include "server/export/room.h"

#include "server/export/write_pace.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using nbdroot::Instant;
using nbdroot::server::export_::Room;
using nbdroot::server::export_::WritePace;
using nbdroot::test::BoundedLoop;

TEST_CASE("a quota that fills is warned of once, and again after it has been well below") {
    BoundedLoop loop;
    Room room(loop.get());
    CHECK_FALSE(room.now_used(7999, 10000));
    CHECK(room.now_used(8000, 10000));
    CHECK_FALSE(room.now_used(9000, 10000));
    CHECK_FALSE(room.now_used(7500, 10000));
    CHECK_FALSE(room.now_used(8500, 10000));
    CHECK_FALSE(room.now_used(7499, 10000));
    CHECK(room.now_used(8500, 10000));
    CHECK_FALSE(room.now_used(8500, 0));
    CHECK(room.now_used(8500, 10000));
}

TEST_CASE("a full overlay that fills again at once is not told again") {
    BoundedLoop loop;
    Room room(loop.get());
    CHECK(room.now_full());
    CHECK(room.is_full());
    CHECK_FALSE(room.now_full());
    room.now_found();
    CHECK_FALSE(room.is_full());
    CHECK_FALSE(room.now_full());
    CHECK(room.is_full());
}

TEST_CASE("whoever waits for room is called when some was freed, and not from within") {
    BoundedLoop loop;
    Room room(loop.get());
    int tries = 0;
    room.wait([&] {
        ++tries;
        room.wait([&] { ++tries; });
    });
    room.freed();
    CHECK(tries == 0);
    loop.run_until([&] { return tries == 1; });
    CHECK(room.has_waiters());
    loop.run_until([&] { return tries == 2; });  // by itself
    CHECK_FALSE(room.has_waiters());
}

TEST_CASE("a write that has waited sends the next ones to the workers for a while") {
    WritePace pace;
    const Instant start{std::chrono::hours(1)};
    CHECK(pace.may_write_now(start));
    pace.wrote(start, start + WritePace::kSlow - std::chrono::milliseconds(1));
    CHECK(pace.may_write_now(start));
    const Instant slow = start + WritePace::kSlow;
    pace.wrote(start, slow);
    CHECK_FALSE(pace.may_write_now(slow));
    CHECK_FALSE(pace.may_write_now(slow + WritePace::kPause - std::chrono::milliseconds(1)));
    CHECK(pace.may_write_now(slow + WritePace::kPause));
}
