#include "agent/resident/relay.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/resident/relay_bench.h"

namespace nbdroot::agent::resident {
namespace {

constexpr std::size_t kRequestRing = 4000;
constexpr std::size_t kReplyRing = 3000;

struct Bench {
    Memory memory{kRequestRing, kReplyRing};
    std::optional<Relay> relay{std::in_place, memory.store()};

    // The process is killed and another one takes over.
    void crash() { relay.emplace(memory.store()); }
};

struct Connected : Bench {
    Connected() { relay->on_connected(); }
};

}  // namespace

TEST_CASE("a request goes to the server and its reply to the kernel") {
    Connected bench;
    Relay& relay = *bench.relay;
    const Bytes request = read_request(7, 512);
    REQUIRE(kernel_writes(relay, request) == request.size());
    CHECK(server_reads_all(relay) == request);
    REQUIRE(server_writes(relay, reply_bytes(7, 512)));
    CHECK(kernel_reads(relay) == reply_bytes(7, 512));
    CHECK(relay.counters() == RelayCounters{.replies = 1});
}

TEST_CASE("a reply reaches the kernel only when it is whole") {
    Connected bench;
    Relay& relay = *bench.relay;
    kernel_writes(relay, read_request(7, 512));
    server_reads_all(relay);
    const Bytes reply = reply_bytes(7, 512);
    REQUIRE(server_writes(relay, ByteView(reply).first(reply.size() - 1)));
    CHECK_FALSE(relay.has_kernel_output());
    REQUIRE(server_writes(relay, ByteView(reply).last(1)));
    CHECK(kernel_reads(relay) == reply);
}

TEST_CASE("part of a reply goes with its connection") {
    Connected bench;
    Relay& relay = *bench.relay;
    const Bytes request = read_request(7, 512);
    kernel_writes(relay, request);
    server_reads_all(relay);
    const Bytes reply = reply_bytes(7, 512);
    REQUIRE(server_writes(relay, ByteView(reply).first(300)));
    relay.on_disconnected();
    CHECK_FALSE(relay.has_server_output());
    relay.on_connected();
    CHECK(server_reads_all(relay) == request);
    REQUIRE(server_writes(relay, reply));
    CHECK(kernel_reads(relay) == reply);
    CHECK(relay.counters() == RelayCounters{.replies = 1, .resent = 1});
}

TEST_CASE("a new connection gets what is unanswered, in order and with its data") {
    Connected bench;
    Relay& relay = *bench.relay;
    const Bytes first = write_request(1, 100);
    const Bytes second = read_request(2, 100);
    const Bytes third = write_request(3, 200);
    const Bytes fourth = plain_request(Command::flush, 4);
    kernel_writes(relay, first + second + third + fourth);
    server_reads_all(relay);
    REQUIRE(server_writes(relay, reply_bytes(2, 100)));
    REQUIRE(server_writes(relay, reply_bytes(4)));
    relay.on_disconnected();
    relay.on_connected();
    CHECK(server_reads_all(relay) == first + third);
    CHECK(relay.counters().resent == 2);
    CHECK(relay.counters().in_flight == 2);
    REQUIRE(server_writes(relay, reply_bytes(3) + reply_bytes(1)));
    CHECK(kernel_reads(relay) ==
          reply_bytes(2, 100) + reply_bytes(4) + reply_bytes(3) + reply_bytes(1));
    CHECK(relay.counters() == RelayCounters{.replies = 4, .resent = 2});
}

TEST_CASE("a new process finds every request again") {
    Connected bench;
    const Bytes first = write_request(1, 100);
    const Bytes second = write_request(2, 300);
    kernel_writes(*bench.relay, first + Bytes(second.begin(), second.begin() + 50));
    server_reads_all(*bench.relay);
    bench.crash();
    Relay& relay = *bench.relay;
    CHECK_FALSE(relay.has_server_output());
    relay.on_connected();
    kernel_writes(relay, ByteView(second).subspan(50));
    CHECK(server_reads_all(relay) == first + second);
    REQUIRE(server_writes(relay, reply_bytes(1) + reply_bytes(2)));
    CHECK(kernel_reads(relay) == reply_bytes(1) + reply_bytes(2));
}

TEST_CASE("a new process goes on in the middle of a reply to the kernel") {
    Connected bench;
    kernel_writes(*bench.relay, read_request(1, 400));
    server_reads_all(*bench.relay);
    REQUIRE(server_writes(*bench.relay, reply_bytes(1, 400)));
    const Bytes head = kernel_reads(*bench.relay, 123);
    bench.crash();
    CHECK(head + kernel_reads(*bench.relay) == reply_bytes(1, 400));
    CHECK(bench.relay->counters().in_flight == 0);
}

}  // namespace nbdroot::agent::resident
