#include "agent/resident/relay.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/resident/relay_bench.h"

namespace nbdroot::agent::resident {

TEST_CASE("a request goes to the server and its reply to the kernel") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    const Bytes request = read_request(7, 512);
    REQUIRE(kernel_writes(relay, request) == request.size());
    CHECK(server_reads_all(relay) == request);
    REQUIRE(server_writes(relay, reply_bytes(7, 512)));
    CHECK(kernel_reads(relay) == reply_bytes(7, 512));
    CHECK(relay.counters() == RelayCounters{.replies = 1});
}

TEST_CASE("a reply reaches the kernel only when it is whole") {
    ConnectedRelay bench;
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
    ConnectedRelay bench;
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
    ConnectedRelay bench;
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
    ConnectedRelay bench;
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
    ConnectedRelay bench;
    kernel_writes(*bench.relay, read_request(1, 400));
    server_reads_all(*bench.relay);
    REQUIRE(server_writes(*bench.relay, reply_bytes(1, 400)));
    const Bytes head = kernel_reads(*bench.relay, 123);
    bench.crash();
    CHECK(head + kernel_reads(*bench.relay) == reply_bytes(1, 400));
    CHECK(bench.relay->counters().in_flight == 0);
}

// -- without a server, and at the end

TEST_CASE("without a server the kernel is read until the store is full") {
    RelayBench bench;
    const Bytes requests = write_request(1, 3000) + write_request(2, 3000);
    CHECK(kernel_writes(*bench.relay, requests) == kRequestRing);
    CHECK_FALSE(bench.relay->wants_kernel_bytes());
    CHECK_FALSE(bench.relay->has_server_output());
    CHECK_FALSE(bench.relay->wants_server_bytes());
}

TEST_CASE("kept and new requests get EIO until a server is back") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    relay.fail_kept_requests();  // not while a server is there
    kernel_writes(relay, write_request(1, 100) + read_request(2, 100));
    server_reads_all(relay);
    CHECK_FALSE(relay.has_kernel_output());
    relay.on_disconnected();
    relay.fail_kept_requests();
    const auto failed = [](std::uint64_t cookie) {
        return reply_bytes(cookie, 0, ErrorNumber::io);
    };
    CHECK(kernel_reads(relay) == failed(1) + failed(2));
    const Bytes third = write_request(3, 100);
    kernel_writes(relay, third, 60);
    CHECK_FALSE(relay.has_kernel_output());
    kernel_writes(relay, ByteView(third).subspan(60));
    CHECK(kernel_reads(relay) == failed(3));
    CHECK(relay.counters() == RelayCounters{.failed = 3});
    relay.on_connected();
    const Bytes fourth = write_request(4, 100);
    kernel_writes(relay, fourth);
    CHECK(server_reads_all(relay) == fourth);
    CHECK_FALSE(relay.has_kernel_output());
    relay.on_disconnected();
    kernel_writes(relay, read_request(5, 1));
    CHECK_FALSE(relay.has_kernel_output());
    CHECK(relay.counters() == RelayCounters{.in_flight = 2, .kept_bytes = 156, .failed = 3});
}

TEST_CASE("more EIO than the reply ring has room for wait for the kernel") {
    Memory memory(kRequestRing, 40);
    Relay relay(memory.store(), Instant{});
    kernel_writes(relay, plain_request(Command::flush, 1) + plain_request(Command::flush, 2) +
                             plain_request(Command::flush, 3));
    relay.fail_kept_requests();
    Bytes got;
    while (relay.has_kernel_output()) got = std::move(got) + kernel_reads(relay, 10);
    CHECK(got == reply_bytes(1, 0, ErrorNumber::io) + reply_bytes(2, 0, ErrorNumber::io) +
                     reply_bytes(3, 0, ErrorNumber::io));
}

TEST_CASE("NBD_CMD_DISC is sent behind everything else and never answered") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    const Bytes write = write_request(1, 100);
    const Bytes disconnect = plain_request(Command::disconnect, 2);
    kernel_writes(relay, write);
    CHECK_FALSE(relay.disconnect_wanted());
    kernel_writes(relay, disconnect);
    CHECK(relay.disconnect_wanted());
    CHECK(server_reads_all(relay) == write + disconnect);
    relay.on_disconnected();
    relay.fail_kept_requests();
    CHECK(kernel_reads(relay) == reply_bytes(1, 0, ErrorNumber::io));
    bench.crash();
    CHECK(bench.relay->disconnect_wanted());
}

TEST_CASE("a request that no connection has seen does not count as resent") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    kernel_writes(relay, read_request(1, 8) + read_request(2, 8));
    CHECK(server_reads(relay, 28).size() == 28);
    relay.on_disconnected();
    relay.on_connected();
    CHECK(relay.counters().resent == 1);
    bench.crash();
    bench.relay->on_connected();
    CHECK(bench.relay->counters().resent == 2);
}

TEST_CASE("memory of zeros is an empty store of the promised size") {
    std::vector<std::uint64_t> words(kRelayMemoryBytes / 8);
    Relay relay(RelayStore::over(std::as_writable_bytes(std::span(words))), Instant{});
    CHECK_FALSE(relay.kernel_error());
    CHECK(relay.counters() == RelayCounters{});
    relay.on_connected();
    constexpr std::uint32_t kLargest = 512 << 10;
    const Bytes requests = write_request(1, kLargest) + read_request(2, kLargest);
    CHECK(kernel_writes(relay, requests) == requests.size());
    CHECK(server_reads_all(relay) == requests);
    REQUIRE(server_writes(relay, reply_bytes(1) + reply_bytes(2, kLargest)));
    CHECK(kernel_reads(relay) == reply_bytes(1) + reply_bytes(2, kLargest));
}

}  // namespace nbdroot::agent::resident
