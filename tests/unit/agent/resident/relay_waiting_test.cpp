// What a relay says of the requests that wait, for people and for the timeout.
#include "agent/resident/relay.h"
#include "tests/support/catch.h"
#include "tests/unit/agent/resident/relay_bench.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Instant kStart{Duration{100'000}};
constexpr Duration kSecond{1'000};

}  // namespace

TEST_CASE("requests that wait have their type, place and age, and answered ones are none") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    relay.set_time(kStart);
    kernel_writes(relay, write_request(1, 100) + read_request(2, 512));
    relay.set_time(kStart + kSecond);
    kernel_writes(relay, plain_request(Command::flush, 3));
    server_reads_all(relay);
    REQUIRE(server_writes(relay, reply_bytes(2, 512)));
    relay.set_time(kStart + 3 * kSecond);
    const auto waiting = relay.waiting(10);
    REQUIRE(waiting.size() == 2);
    CHECK(waiting[0].request.command == Command::write);
    CHECK(waiting[0].request.cookie == 1);
    CHECK(waiting[0].request.length_bytes == 100);
    CHECK(waiting[0].waits == 3 * kSecond);
    CHECK(waiting[1].request.command == Command::flush);
    CHECK(waiting[1].waits == 2 * kSecond);
    CHECK(relay.waiting(1).size() == 1);
}

TEST_CASE("what an earlier process has left waits since the next one began, not since the start") {
    ConnectedRelay bench;
    bench.relay->set_time(kStart);
    kernel_writes(*bench.relay, write_request(1, 100) + read_request(2, 512));
    bench.crash(kStart + 10 * kSecond);
    bench.relay->set_time(kStart + 13 * kSecond);
    const auto waiting = bench.relay->waiting(10);
    REQUIRE(waiting.size() == 2);
    CHECK(waiting[0].waits == 3 * kSecond);
    CHECK(waiting[1].waits == 3 * kSecond);
    REQUIRE(bench.relay->oldest());
    CHECK(bench.relay->oldest()->waits == 3 * kSecond);
    CHECK(bench.relay->oldest()->since_reply == 3 * kSecond);
}

TEST_CASE("requests are counted by type, once, also by a process that reads them again") {
    ConnectedRelay bench;
    kernel_writes(*bench.relay,
                  write_request(1, 100) + read_request(2, 512) + plain_request(Command::flush, 3) +
                      plain_request(Command::trim, 4) + plain_request(Command::write_zeroes, 5));
    const RequestCounts counts{.reads = 1, .writes = 1, .flushes = 1, .trims = 1, .others = 1};
    CHECK(bench.relay->requests() == counts);
    bench.crash();
    CHECK(bench.relay->requests() == counts);
}

TEST_CASE("the oldest request has waited on the connection in use, not before") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    CHECK_FALSE(relay.oldest());
    relay.set_time(kStart);
    kernel_writes(relay, read_request(1, 512) + read_request(2, 512) + read_request(3, 512));
    server_reads_all(relay);
    relay.set_time(kStart + 5 * kSecond);
    REQUIRE(server_writes(relay, reply_bytes(3, 512)));
    relay.set_time(kStart + 7 * kSecond);
    CHECK(relay.oldest() ==
          OldestRequest{
              .waits = 7 * kSecond, .since_reply = 2 * kSecond, .overtaken_by = 1, .in_flight = 2});
    relay.on_disconnected();
    relay.set_time(kStart + 60 * kSecond);
    relay.on_connected();
    relay.set_time(kStart + 61 * kSecond);
    REQUIRE(relay.oldest());
    CHECK(relay.oldest()->waits == kSecond);
    CHECK(relay.oldest()->since_reply == kSecond);
    server_reads_all(relay);
    REQUIRE(server_writes(relay, reply_bytes(1, 512) + reply_bytes(2, 512)));
    CHECK_FALSE(relay.oldest());
}

TEST_CASE("an answered request that waits for an older one is no request that waits") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    kernel_writes(relay, read_request(1, 512) + read_request(2, 512));
    server_reads_all(relay);
    REQUIRE(server_writes(relay, reply_bytes(2, 512)));
    const auto waiting = relay.waiting(10);
    REQUIRE(waiting.size() == 1);
    CHECK(waiting[0].request.cookie == 1);
}

}  // namespace nbdroot::agent::resident
