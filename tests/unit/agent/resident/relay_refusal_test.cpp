// What a server or the kernel may do wrong, and what is full.
#include "agent/resident/relay.h"

#include "tests/support/catch.h"
#include "tests/unit/agent/resident/relay_bench.h"

namespace nbdroot::agent::resident {

// -- what a server may do wrong

namespace {

Bytes structured_reply() {
    return Bytes{std::byte{0x66}, std::byte{0x8e}, std::byte{0x33}, std::byte{0xef}} + Bytes(28);
}

}  // namespace

TEST_CASE("a server that leaves or lies ends its connection, and the request is kept") {
    const auto [reply, reason] = GENERATE(table<Bytes, std::string>({
        {with_byte(reply_bytes(7, 64), 0, 0x68), "magic"},
        {structured_reply(), "structured reply"},
        {reply_bytes(8, 64), "cookie 8 is of no unanswered request"},
        {reply_bytes(9), "cookie 9 is of no unanswered request"},  // the DISC
        {reply_bytes(6), "cookie 6 is of no unanswered request"},  // a second time
        {reply_bytes(10), "cookie 10 is of a request not yet sent whole"},
        {reply_bytes(7, 0, ErrorNumber::shutdown), "shutting down"},
    }));
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    const Bytes kept = read_request(7, 64) + plain_request(Command::disconnect, 9);
    const Bytes late = write_request(10, 200);
    kernel_writes(relay, read_request(5, 8) + plain_request(Command::flush, 6) + kept + late);
    const Bytes sent = server_reads(relay, 28 + 28 + kept.size() + late.size() - 1);
    REQUIRE(sent.size() == 56 + kept.size() + late.size() - 1);
    REQUIRE(server_writes(relay, reply_bytes(6)));
    const auto received = server_writes(relay, reply_bytes(5, 8) + reply);
    REQUIRE_FALSE(received);
    CHECK_THAT(received.error().message(), Catch::Matchers::Contains(reason));
    relay.on_disconnected();
    // What came before it counts; of itself the kernel gets nothing.
    CHECK(kernel_reads(relay) == reply_bytes(6) + reply_bytes(5, 8));
    CHECK_FALSE(relay.has_kernel_output());
    relay.on_connected();
    CHECK(server_reads_all(relay) == kept + late);
}

TEST_CASE("a garbage magic costs the connection as soon as its header is there") {
    ConnectedRelay bench;
    kernel_writes(*bench.relay, read_request(7, 512));
    server_reads_all(*bench.relay);
    CHECK(server_writes(*bench.relay, Bytes(15)));
    CHECK_FALSE(server_writes(*bench.relay, Bytes(1)));
}

TEST_CASE("an error reply other than ESHUTDOWN goes to the kernel as it is") {
    const auto error = GENERATE(as<std::uint32_t>(), 1, 5, 12, 22, 28, 75, 95, 12345);
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    kernel_writes(relay, read_request(7, 512) + read_request(8, 16));
    server_reads_all(relay);
    // No data follow an error.
    const Bytes replies = reply_bytes(7, 0, static_cast<ErrorNumber>(error)) + reply_bytes(8, 16);
    REQUIRE(server_writes(relay, replies));
    CHECK(kernel_reads(relay) == replies);
}

TEST_CASE("a second request with a cookie in flight is answered after the first") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    kernel_writes(relay, read_request(7, 8) + read_request(7, 16));
    server_reads_all(relay);
    REQUIRE(server_writes(relay, reply_bytes(7, 8) + reply_bytes(7, 16)));
    CHECK(kernel_reads(relay) == reply_bytes(7, 8) + reply_bytes(7, 16));
    CHECK(relay.counters().in_flight == 0);
}

// -- what cannot come from the kernel

TEST_CASE("a request that cannot be from the kernel is an error and nothing more is taken") {
    constexpr std::uint32_t kLargest = kReplyRing - 16;
    const auto [request, reason] = GENERATE_REF(table<Bytes, std::string>({
        {with_byte(read_request(7, 512), 3, 0x14), "magic"},
        {read_request(7, kLargest + 1), "bytes in one request; at most 2984 can be kept"},
        {write_request(7, kLargest + 1), "bytes in one request; at most 2984 can be kept"},
        {Bytes(28, std::byte{0xff}), "magic"},
    }));
    ConnectedRelay bench;
    kernel_writes(*bench.relay, request, 28);
    REQUIRE(bench.relay->kernel_error());
    CHECK_THAT(bench.relay->kernel_error()->message(), Catch::Matchers::Contains(reason));
    CHECK_FALSE(bench.relay->wants_kernel_bytes());
    bench.crash();
    CHECK(bench.relay->kernel_error());
}

TEST_CASE("the largest request and the largest reply fit") {
    constexpr std::uint32_t kLargest = kReplyRing - 16;
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    for (std::uint64_t cookie = 1; cookie < 9; ++cookie) {
        const Bytes requests =
            write_request(2 * cookie, kLargest) + read_request(2 * cookie + 1, kLargest);
        REQUIRE(kernel_writes(relay, requests) + kernel_writes(relay, {}) == requests.size());
        REQUIRE(server_reads_all(relay) == requests);
        REQUIRE(server_writes(relay, reply_bytes(2 * cookie)));
        REQUIRE(kernel_reads(relay) == reply_bytes(2 * cookie));
        REQUIRE(server_writes(relay, reply_bytes(2 * cookie + 1, kLargest)));
        REQUIRE(kernel_reads(relay) == reply_bytes(2 * cookie + 1, kLargest));
    }
}

TEST_CASE("an inconsistent store is an error and not a crash") {
    Memory memory(kRequestRing, kReplyRing);
    SECTION("more requests than fit") {
        memory.header.from_kernel.records[0].base = kRequestRing + 1;
    }
    SECTION("fewer requests than none") { memory.header.oldest = 1; }
    SECTION("more replies than fit") { memory.header.committed = kReplyRing + 1; }
    SECTION("fewer replies than none") { memory.header.to_kernel.records[0].base = 1; }
    Relay relay(memory.store(), Instant{});
    CHECK(relay.kernel_error());
    CHECK_FALSE(relay.wants_kernel_bytes());
}

// -- a full store

TEST_CASE("a full request ring stops the kernel until a request is answered") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    const Bytes requests = write_request(1, 1500) + write_request(2, 1500) + write_request(3, 1500);
    const std::size_t taken = kernel_writes(relay, requests);
    CHECK(taken == kRequestRing);
    CHECK_FALSE(relay.wants_kernel_bytes());
    CHECK(server_reads_all(relay) == Bytes(requests.begin(), requests.begin() + kRequestRing));
    REQUIRE(server_writes(relay, reply_bytes(2)));
    CHECK_FALSE(relay.wants_kernel_bytes());  // the oldest holds the ring
    REQUIRE(server_writes(relay, reply_bytes(1)));
    CHECK(kernel_writes(relay, ByteView(requests).subspan(taken)) == requests.size() - taken);
    CHECK(server_reads_all(relay).size() == requests.size() - taken);
    REQUIRE(server_writes(relay, reply_bytes(3)));
    CHECK(relay.counters().kept_bytes == 0);
}

TEST_CASE("replies before the one that costs the connection make room in a full ring") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    const Bytes requests = write_request(1, 1500) + write_request(2, 1500) + write_request(3, 1500);
    const std::size_t taken = kernel_writes(relay, requests);
    server_reads_all(relay);
    REQUIRE_FALSE(server_writes(relay, reply_bytes(1) + reply_bytes(2) + Bytes(16)));
    relay.on_disconnected();
    // Nothing else would ever let the rest of the third request in.
    CHECK(kernel_writes(relay, ByteView(requests).subspan(taken)) == requests.size() - taken);
    relay.on_connected();
    CHECK(server_reads_all(relay) == write_request(3, 1500));
}

TEST_CASE("a full reply ring stops the server until the kernel reads") {
    ConnectedRelay bench;
    Relay& relay = *bench.relay;
    kernel_writes(relay, read_request(1, 2500) + read_request(2, 2500));
    server_reads_all(relay);
    const Bytes replies = reply_bytes(1, 2500) + reply_bytes(2, 2500);
    REQUIRE(server_writes(relay, replies));
    CHECK_FALSE(relay.wants_server_bytes());
    const Bytes head = kernel_reads(relay);
    CHECK(head.size() == 2516);
    REQUIRE(server_writes(relay, ByteView(replies).subspan(kReplyRing)));
    CHECK(head + kernel_reads(relay) + kernel_reads(relay) == replies);
}

TEST_CASE("more requests than the index has room for wait in the ring") {
    constexpr std::uint64_t kMany = RequestIndex::kCapacity + 100;
    Memory memory(28 * kMany + 100, kReplyRing);
    std::optional<Relay> relay(std::in_place, memory.store(), Instant{});
    relay->on_connected();
    Bytes requests;
    for (std::uint64_t i = 0; i < kMany; ++i)
        requests = std::move(requests) + plain_request(Command::flush, i);
    CHECK(kernel_writes(*relay, requests) == requests.size());
    CHECK(relay->counters().in_flight == RequestIndex::kCapacity);
    CHECK_FALSE(relay->wants_kernel_bytes());
    CHECK(server_reads_all(*relay).size() == 28 * RequestIndex::kCapacity);
    // All but the oldest and the last are answered; then another process takes over.
    for (std::uint64_t i = 1; i < RequestIndex::kCapacity; ++i) {
        REQUIRE(server_writes(*relay, reply_bytes(i)));
        CHECK(kernel_reads(*relay) == reply_bytes(i));
    }
    REQUIRE(server_writes(*relay, reply_bytes(0)));
    CHECK(server_reads_all(*relay).size() == 28 * (kMany - RequestIndex::kCapacity));
    CHECK(relay->counters().in_flight == kMany - RequestIndex::kCapacity);
    CHECK(relay->wants_kernel_bytes());
}

TEST_CASE("a new process passes over more answered requests than its index has room for") {
    constexpr std::uint64_t kMany = RequestIndex::kCapacity + 100;
    Memory memory(28 * kMany, kReplyRing);
    Bytes requests;
    for (std::uint64_t i = 0; i < kMany; ++i)
        requests = std::move(requests) + plain_request(Command::flush, i);
    std::ranges::copy(requests, memory.requests.begin());
    auto store = memory.store();
    store.next_receive().moved_bytes = 28 * kMany;
    for (std::uint64_t i = 0; i + 1 < kMany; ++i) {
        store.answer({.request = 28 * i, .reply_end = 16});
    }
    Relay relay(memory.store(), Instant{});
    CHECK(relay.counters().in_flight == 1);
    CHECK(relay.counters().kept_bytes == 28);
    relay.on_connected();
    CHECK(server_reads_all(relay) == plain_request(Command::flush, kMany - 1));
}

}  // namespace nbdroot::agent::resident
