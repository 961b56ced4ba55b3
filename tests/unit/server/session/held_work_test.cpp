#include "server/session/held_work.h"

#include <algorithm>

#include "server/config/overlay_config.h"
#include "tests/unit/server/session/overlay_client.h"

namespace nbd = nbdroot::protocol::nbd;
using namespace nbdroot::test;
using nbdroot::server::config::QuotaFull;
using nbdroot::server::session::HeldWork;

namespace {

constexpr std::uint64_t kQuota = 10 * kBlock;

OverlayClient::Export::Traits with_quota(QuotaFull full = QuotaFull::hold) {
    return {.name = "disk", .quota_bytes = kQuota, .quota_full = full};
}

std::vector<std::uint64_t> cookies(const std::vector<Reply>& replies) {
    std::vector<std::uint64_t> found;
    for (const auto& [cookie, error] : replies) {
        CHECK(error == ErrorNumber::none);
        found.push_back(cookie);
    }
    return found;
}

}  // namespace

TEST_CASE("held work that finds no room again keeps its place") {
    HeldWork held;
    std::string order;
    bool has_room = false;
    std::function<void(HeldWork::Place)> first = [&](HeldWork::Place place) {
        order += 'a';
        if (!has_room) held.hold({.bytes = 5, .again = first}, place);
    };
    held.hold({.bytes = 5, .again = first}, HeldWork::kLast);
    held.hold({.bytes = 7, .again = [&](HeldWork::Place) { order += 'b'; }}, HeldWork::kLast);
    CHECK(held.bytes() == 12);
    held.try_first();
    CHECK(held.count() == 2);
    has_room = true;
    held.try_first();
    held.try_first();
    CHECK(order == "aab");
    CHECK(held.empty());
    CHECK(held.bytes() == 0);
}

TEST_CASE(
    "a write beyond the quota is held; overwrites, reads and trims go on; a trim lets it in") {
    OverlayClient client(with_quota());
    client.write(1, 0, blocks(10));
    client.write(2, 20 * kBlock, blocks(2, 'h'));
    client.write(3, 0, blocks(10, 'y'));
    client.send(4, Command::flush, 0, 0);
    CHECK(cookies(client.answers(3)) == std::vector<std::uint64_t>{1, 3, 4});
    CHECK(client.target->is_full());
    CHECK(client.target->overlay_used_bytes() == kQuota);
    CHECK(client.transmission->in_flight() == 1);
    client.send(5, Command::trim, 0, kBlock);
    CHECK(cookies(client.answers(4)).back() == 5);
    CHECK(client.transmission->in_flight() == 1);  // one block is not enough
    client.send(6, Command::write_zeroes, kBlock, kBlock);
    CHECK(cookies(client.answers(6)).back() == 2);
    CHECK_FALSE(client.target->is_full());
    CHECK(client.read(20 * kBlock, 2 * kBlock) == blocks(2, 'h'));
}

TEST_CASE("held writes come in their order, and none overtakes them") {
    OverlayClient client(with_quota());
    client.write(1, 0, blocks(9));
    client.write(2, 20 * kBlock, blocks(4));
    client.write(3, 30 * kBlock, blocks(1));  // there would be room
    client.write(4, 40 * kBlock, blocks(1));
    CHECK(cookies(client.answers(1)) == std::vector<std::uint64_t>{1});
    CHECK(client.transmission->in_flight() == 3);
    client.target->set_quota(13 * kBlock, QuotaFull::hold);
    CHECK(cookies(client.answers(2)) == std::vector<std::uint64_t>{1, 2});
    client.target->set_quota(0, QuotaFull::hold);
    CHECK(cookies(client.answers(4)) == std::vector<std::uint64_t>{1, 2, 3, 4});
    CHECK(client.transmission->idle());
}

TEST_CASE("a held write that waits for the image, too, is answered once") {
    OverlayClient client(with_quota());
    client.write(1, 0, blocks(10));
    client.write(2, 20 * kBlock + 7, "abc");
    CHECK(client.answers(1).size() == 1);
    client.loop.run_until([&] { return client.target->is_full(); });
    client.target->set_quota(0, QuotaFull::hold);
    CHECK(cookies(client.answers(2)).back() == 2);
    CHECK(client.read(20 * kBlock + 7, 3) == "abc");
}

TEST_CASE("a write beyond the quota is answered ENOSPC where that is asked for") {
    OverlayClient client(with_quota(QuotaFull::error));
    client.write(1, 0, blocks(10));
    CHECK(client.answers(1).back() == Reply{1, ErrorNumber::none});
    client.write(2, 20 * kBlock, blocks(1));
    CHECK(client.answers(2).back() == Reply{2, ErrorNumber::no_space});
    client.write(3, 0, blocks(1));
    CHECK(client.answers(3).back() == Reply{3, ErrorNumber::none});
    CHECK(client.transmission->traffic().error_replies == 1);
    CHECK(client.target->faults() == 0);
}

TEST_CASE("zeroes that must not be holes are held as writes are, others are not") {
    OverlayClient client(with_quota());
    client.write(1, 0, blocks(9));
    client.send(2, Command::write_zeroes, 20 * kBlock, 2 * kBlock, nbd::kCommandNoHole);
    client.send(3, Command::write_zeroes, 40 * kBlock, 100 * kBlock);
    CHECK(cookies(client.answers(2)) == std::vector<std::uint64_t>{1, 3});
    client.target->set_quota(0, QuotaFull::hold);
    CHECK(cookies(client.answers(3)).back() == 2);
    CHECK(client.target->overlay_used_bytes() == 11 * kBlock);
}

TEST_CASE(
    "a file system that is full holds writes and flushes; they are tried again by themselves") {
    OverlayClient client;
    *client.full = true;
    client.write(1, 0, blocks(1));
    client.send(2, Command::flush, 0, 0);
    client.send(3, Command::trim, 0, 4 * kBlock);
    // A trim is only advice.
    auto answered = cookies(client.answers(2));
    std::sort(answered.begin(), answered.end());
    CHECK(answered == std::vector<std::uint64_t>{2, 3});
    client.loop.run_until([&] { return client.target->is_full(); });
    *client.full = false;
    CHECK(cookies(client.answers(3)).back() == 1);
    CHECK(client.target->losses().count() == 0);
}

TEST_CASE("a flush that finds no room for its barrier is held, and no loss") {
    OverlayClient client;
    client.write(1, 0, blocks(1));
    CHECK(client.answers(1).size() == 1);
    *client.full = true;
    client.send(2, Command::flush, 0, 0);
    client.loop.run_until([&] { return client.target->is_full(); });
    CHECK(client.answers_so_far().size() == 1);
    *client.full = false;
    CHECK(cookies(client.answers(2)).back() == 2);
    CHECK(client.target->losses().count() == 0);
    CHECK(client.target->faults() == 0);
}

TEST_CASE("a client with nothing but held writes is idle, and its end drops them") {
    OverlayClient client(with_quota());
    client.write(1, 0, blocks(10));
    client.write(2, 20 * kBlock, blocks(1));
    CHECK(client.answers(1).size() == 1);
    CHECK(client.transmission->idle());
    CHECK(client.transmission->in_flight() == 1);
    client.transmission->end();
    client.transmission.reset();
    client.target->set_quota(0, QuotaFull::hold);
    bool turned = false;
    client.pool->submit({.work = [] {}, .done = [&] { turned = true; }});
    client.loop.run_until([&] { return turned; });
    CHECK(client.target->overlay_used_bytes() == kQuota);
    CHECK(client.seat.use_count() == 1);
}

TEST_CASE("held writes are bounded, and then nothing is taken") {
    OverlayClient client(with_quota());
    client.write(0, 0, blocks(10));
    std::size_t taken = 0;
    while (taken < 2 * kMaximumRunning &&
           client.write(taken + 1, (100 + taken) * kBlock, blocks(1)) > 0) {
        ++taken;
    }
    CHECK(taken == kMaximumRunning);
    CHECK(client.transmission->is_held_up());
    CHECK_FALSE(client.transmission->may_take());
    client.target->set_quota(0, QuotaFull::hold);
    CHECK(client.answers(taken + 1).size() == taken + 1);
    CHECK_FALSE(client.transmission->is_held_up());
}

TEST_CASE("held writes are bounded in bytes, also within one payload") {
    OverlayClient client(with_quota());
    const std::string bytes = blocks(5 * 256);
    REQUIRE(client.begin_write(1, 100 * kBlock, bytes.size()) > 0);
    std::size_t done = 0;
    // As it comes from a socket.
    const auto take_on = [&] {
        for (;;) {
            const auto rest = nbdroot::base::as_bytes(bytes).subspan(done);
            const auto piece = rest.first(std::min<std::size_t>(rest.size(), 60000));
            const std::size_t taken = client.transmission->on_bytes(piece);
            done += taken;
            if (taken == 0) return done == bytes.size();
        }
    };
    CHECK_FALSE(take_on());
    CHECK(done >= kMaximumRunningBytes);
    CHECK(done < kMaximumRunningBytes + 2 * kWritePiece);
    CHECK(client.transmission->is_held_up());
    client.target->set_quota(0, QuotaFull::hold);
    client.loop.run_until(take_on);
    CHECK(cookies(client.answers(1)) == std::vector<std::uint64_t>{1});
    CHECK((client.read(100 * kBlock, bytes.size()) == bytes));
}

TEST_CASE("the quota is warned of at 80 %, and full once") {
    OverlayClient client(with_quota());
    client.write(1, 0, blocks(7));
    CHECK(client.lines.empty());
    client.write(2, 7 * kBlock, blocks(2));
    client.write(3, 9 * kBlock, blocks(1));
    client.write(4, 20 * kBlock, blocks(1));
    client.write(5, 21 * kBlock, blocks(1));
    CHECK(client.answers(3).size() == 3);
    REQUIRE(client.lines.size() == 2);
    CHECK(client.lines[0] ==
          "export 'disk': its overlay has 36.0 KiB, 80 % of its quota of 40.0 KiB");
    CHECK(client.lines[1] ==
          "export 'disk': write: the overlay's quota of 40.0 KiB is used up; writes that need room "
          "wait until there is some");
}
