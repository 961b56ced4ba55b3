#include "server/session/writes.h"

#include "tests/unit/server/session/overlay_client.h"

namespace nbd = nbdroot::protocol::nbd;
using namespace nbdroot::test;

namespace {

constexpr std::size_t kMiB = 1 << 20;

}  // namespace

TEST_CASE("a write that waits for the image holds up nothing else of its client") {
    OverlayClient client;
    client.gate.close();
    client.write(1, 100, "ab");
    client.write(2, 5 * kBlock, blocks(1));
    client.send(3, Command::flush, 0, 0);
    CHECK(client.answers(2) == std::vector<Reply>{{2, ErrorNumber::none}, {3, ErrorNumber::none}});
    CHECK_FALSE(client.transmission->idle());
    CHECK(client.transmission->in_flight() == 1);
    client.gate.open();
    CHECK(client.answers(3).back() == Reply{1, ErrorNumber::none});
    CHECK(client.read(99, 4) == client.files.image_contents().substr(99, 1) + "ab" +
                                    client.files.image_contents().substr(102, 1));
    CHECK(client.transmission->idle());
    CHECK(client.transmission->in_flight() == 0);
    CHECK(client.transmission->traffic().written_bytes == 2 + kBlock);
}

TEST_CASE("what is durable with its answer is synced after its last piece") {
    OverlayClient client;
    client.gate.close();
    client.write(1, 100, "ab", nbd::kCommandFua);
    client.loop.run_until([&] { return client.gate.waiting() == 1; });
    CHECK(client.answers_so_far().empty());
    CHECK(client.target->disk().overlay()->used_bytes() == 0);
    client.gate.open();
    CHECK(client.answers(1) == std::vector<Reply>{{1, ErrorNumber::none}});
    CHECK(client.target->disk().overlay()->used_bytes() == kBlock);
}

TEST_CASE("an error of a piece answers its request, and no other") {
    OverlayClient client;
    client.gate.close();
    client.base_fails = true;
    // Its first piece needs what is before it in its block; the others would need nothing.
    client.write(1, 100, std::string(3 * kWritePiece, 'x'));
    client.write(2, 4 * kMiB, blocks(1, 'y'));
    CHECK(client.answers(1) == std::vector<Reply>{{2, ErrorNumber::none}});
    client.gate.open();
    CHECK(client.answers(2).back() == Reply{1, ErrorNumber::io});
    CHECK(client.transmission->traffic().error_replies == 1);
    CHECK(client.transmission->idle());
    client.base_fails = false;
    client.write(3, 100, "ab");
    CHECK(client.answers(3).back() == Reply{3, ErrorNumber::none});
}

TEST_CASE("after an error the rest of the payload is thrown away") {
    OverlayClient client;
    client.base_fails = true;
    const std::string payload(2 * kWritePiece, 'x');
    client.begin_write(1, 100, payload.size());
    const auto front = nbdroot::base::as_bytes(payload).first(kWritePiece);
    CHECK(client.transmission->on_bytes(front) == front.size());
    client.loop.run_until([&] { return client.transmission->payload_place().empty(); });
    const std::string rest = payload.substr(kWritePiece);
    CHECK(client.transmission->on_bytes(nbdroot::base::as_bytes(rest)) == rest.size());
    CHECK(client.answers(1) == std::vector<Reply>{{1, ErrorNumber::io}});
    CHECK(client.target->disk().overlay()->used_bytes() == 0);
}

TEST_CASE("writes that wait are bounded in number") {
    OverlayClient client;
    client.gate.close();
    std::size_t taken = 0;
    while (taken < 2 * kMaximumRunning && client.write(taken, taken * kBlock + 1, "x") > 0) ++taken;
    CHECK(taken == kMaximumRunning);
    client.gate.open();
    CHECK(client.answers(taken).size() == taken);
    CHECK(client.transmission->may_take());
}

TEST_CASE("writes that wait are bounded in bytes") {
    OverlayClient client;
    client.gate.close();
    const std::string payload(16 * kBlock, 'x');
    std::size_t taken = 0;
    while (taken < 100 && client.write(taken, taken * 17 * kBlock + 1, payload) > 0) ++taken;
    CHECK(taken == kMaximumRunningBytes / payload.size());
    client.gate.open();
    CHECK(client.answers(taken).size() == taken);
    CHECK(client.transmission->may_take());
}

TEST_CASE("writes that wait leave workers for what others have to sync") {
    OverlayClient client({.name = "disk"}, 8);
    client.gate.close();
    for (std::uint64_t i = 0; i < 20; ++i) client.write(i, i * kBlock + 1, "x");
    bool synced = false;
    client.pool->submit({.work = [] {},
                         .done = [&] { synced = true; },
                         .pace = OverlayClient::Pool::Pace::slow,
                         .party = &synced});
    client.loop.run_until([&] { return synced; });
    CHECK(client.answers_so_far().empty());
    client.gate.open();
    CHECK(client.answers(20).size() == 20);
}

TEST_CASE("a piece that has not begun when its connection ends never begins") {
    OverlayClient client({.name = "disk"}, 1);
    client.gate.close();
    client.write(1, 100, "ab");
    client.write(2, 9 * kBlock + 100, "cd");
    client.loop.run_until([&] { return client.gate.waiting() == 1; });
    client.transmission->end();
    client.transmission.reset();
    CHECK(client.seat.use_count() > 1);  // the running one keeps it
    client.gate.open();
    client.loop.run_until([&] { return client.seat.use_count() == 1; });
    CHECK(client.target->disk().overlay()->used_bytes() == kBlock);
}

TEST_CASE("a refused write is answered when its payload has gone by") {
    OverlayClient client;
    client.write(1, OverlayClient::kImageBytes, "abc");
    client.write(2, 0, blocks(1));
    CHECK(client.answers(2) ==
          std::vector<Reply>{{1, ErrorNumber::no_space}, {2, ErrorNumber::none}});
}
