#include "agent/resident/relay_pump.h"

#include "lib/sys/shared_memory.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"
#include "tests/unit/agent/resident/relay_bench.h"

namespace nbdroot::agent::resident {
namespace {

constexpr Duration kShort{20};

// KERNEL is the driver's end of the socket pair, SERVER the far end of the connection.
struct Bench {
    explicit Bench(RelayPump::Limits limits = {}) {
        auto pair = sys::make_stream_pair();
        kernel = std::move(pair->first);
        ours = std::move(pair->second);
        pump.emplace(*loop, relay, ours.get(),
                     RelayPump::Events{
                         .connection_lost = [this](const Error& error) { lost = error.message(); },
                         .device_over =
                             [this](const Result<void>& result) {
                                 over = result ? "" : result.error().message();
                             }},
                     limits);
        REQUIRE(pump->start());
    }

    void connect() {
        auto pair = sys::make_stream_pair();
        server = std::move(pair->first);
        REQUIRE(pump->connect(std::move(pair->second), "10.0.0.1:10809"));
    }

    // Turns the loop until CONDITION holds, which is asked after every event.
    template <class Condition>
    void until(const Condition& condition) {
        const Instant limit = loop->now() + Duration{20'000};
        bool late = false;
        std::unique_ptr<io::Timer> timer = loop->timer([&] {
            late = loop->now() > limit;
            if (late || condition()) return loop->stop();
            timer->arm(loop->now() + Duration{1});
        });
        timer->arm(loop->now());
        REQUIRE(loop->run());
        REQUIRE_FALSE(late);
    }

    // COUNT bytes that arrive at FD, one of the far ends.
    Bytes read(const sys::Fd& fd, std::size_t count) {
        Bytes bytes(count);
        std::size_t got = 0;
        until([&] {
            const auto moved = sys::receive_some(fd.get(), ByteSpan(bytes).subspan(got), "test");
            REQUIRE(moved);
            if (*moved) REQUIRE(**moved > 0);
            got += moved->value_or(0);
            return got == count;
        });
        return bytes;
    }
    void write(const sys::Fd& fd, const Bytes& bytes) {
        std::size_t put = 0;
        until([&] {
            const auto moved = sys::send_some(fd.get(), ByteView(bytes).subspan(put), "test");
            REQUIRE(moved);
            put += moved->value_or(0);
            return put == bytes.size();
        });
    }
    void until_ended(const sys::Fd& fd) {
        until([&] {
            std::array<std::byte, 100> scrap;
            const auto moved = sys::receive_some(fd.get(), scrap, "test");
            return moved && *moved && **moved == 0;
        });
    }

    sys::SharedMemory memory = sys::make_shared_memory(kRelayMemoryBytes).value();
    std::unique_ptr<io::Loop> loop = io::make_epoll_loop().value();
    sys::Fd kernel;
    sys::Fd ours;
    sys::Fd server;
    Relay relay{RelayStore::over(memory.bytes()), Instant{}};
    std::optional<std::string> lost;
    std::optional<std::string> over;
    std::optional<RelayPump> pump;
};

Bytes our_disconnect() {
    const auto wire = encode(protocol::nbd::Request{.command = Command::disconnect});
    const auto bytes = std::as_bytes(std::span(&wire, 1));
    return {bytes.begin(), bytes.end()};
}

}  // namespace

TEST_CASE("requests and replies pass, also larger than any socket's buffer") {
    Bench bench;
    bench.connect();
    const Bytes requests = write_request(1, 500'000) + read_request(2, 500'000);
    std::size_t put = 0;
    Bytes arrived;
    bench.until([&] {  // both ends at once: nothing on the way holds all of it
        const auto moved = sys::send_some(bench.kernel.get(), ByteView(requests).subspan(put), "");
        if (put < requests.size()) put += moved->value_or(0);
        Bytes bytes(100'000);
        const auto got = sys::receive_some(bench.server.get(), bytes, "");
        bytes.resize(got->value_or(0));
        arrived = std::move(arrived) + bytes;
        return arrived.size() == requests.size();
    });
    CHECK(arrived == requests);
    const Bytes replies = reply_bytes(1) + reply_bytes(2, 500'000);
    // The reply ring takes all of it before the kernel reads.
    bench.write(bench.server, replies);
    CHECK(bench.read(bench.kernel, replies.size()) == replies);
    CHECK_FALSE(bench.lost);
}

TEST_CASE("requests made while no server is there are sent to the next one") {
    Bench bench;
    const Bytes request = write_request(1, 5000);
    bench.write(bench.kernel, request);
    bench.until([&] { return bench.relay.counters().kept_bytes == request.size(); });
    bench.connect();
    CHECK(bench.read(bench.server, request.size()) == request);
    bench.connect();  // in place of the older one
    CHECK(bench.read(bench.server, request.size()) == request);
    bench.write(bench.server, reply_bytes(1));
    CHECK(bench.read(bench.kernel, 16) == reply_bytes(1));
    CHECK_FALSE(bench.lost);
    CHECK(bench.relay.counters().resent == 1);
}

TEST_CASE("a server that is lost is said with its name and the reason") {
    Bench bench;
    bench.connect();
    bench.write(bench.kernel, read_request(1, 100));
    bench.read(bench.server, 28);
    SECTION("it closes") {
        bench.server.reset();
        bench.until([&] { return bench.lost.has_value(); });
        CHECK(*bench.lost == "receive 10.0.0.1:10809: the server closed");
    }
    SECTION("it lies") {
        bench.write(bench.server, reply_bytes(9));
        bench.until([&] { return bench.lost.has_value(); });
        CHECK(*bench.lost == "read reply 10.0.0.1:10809: cookie 9 is of no unanswered request");
    }
    SECTION("it sends garbage") {
        bench.write(bench.server, Bytes(16));
        bench.until([&] { return bench.lost.has_value(); });
        CHECK_THAT(*bench.lost, Catch::Matchers::StartsWith("parse 10.0.0.1:10809: reply: magic"));
    }
    SECTION("it leaves") {
        bench.write(bench.server, reply_bytes(1, 0, ErrorNumber::shutdown));
        bench.until([&] { return bench.lost.has_value(); });
        CHECK_THAT(*bench.lost, Catch::Matchers::Contains("shutting down"));
    }
    CHECK_FALSE(bench.pump->is_connected());
    bench.connect();
    CHECK(bench.read(bench.server, 28) == read_request(1, 100));
    CHECK_FALSE(bench.over);
}

TEST_CASE("a server that is lost while it is sent to is said once") {
    Bench bench;
    bench.connect();
    bench.server.reset();
    bench.write(bench.kernel, read_request(1, 100));
    bench.until([&] { return bench.lost.has_value(); });
    CHECK_FALSE(bench.pump->is_connected());
}

TEST_CASE("requests fail while no server is there, if so wanted") {
    Bench bench;
    bench.write(bench.kernel, read_request(1, 100));
    bench.until([&] { return bench.relay.counters().in_flight == 1; });
    bench.pump->fail_kept_requests();
    CHECK(bench.read(bench.kernel, 16) == reply_bytes(1, 0, ErrorNumber::io));
    bench.write(bench.kernel, read_request(2, 100));
    CHECK(bench.read(bench.kernel, 16) == reply_bytes(2, 0, ErrorNumber::io));
}

TEST_CASE("the server has the kernel's last word before the device is over") {
    Bench bench;
    bench.connect();
    const Bytes words = write_request(1, 100'000) + plain_request(Command::disconnect, 2);
    bench.write(bench.kernel, words);
    const bool unread = GENERATE(false, true);
    if (unread) {  // the kernel closes with a reply unread: its socket then says ECONNRESET
        bench.write(bench.kernel, read_request(3, 8));
        bench.until([&] { return bench.relay.counters().in_flight == 3; });
        CHECK(bench.read(bench.server, words.size()) == words);
        bench.write(bench.server, reply_bytes(1));
        bench.until([&] { return bench.relay.counters().replies == 1; });
        bench.kernel.reset();
        CHECK(bench.read(bench.server, 28) == read_request(3, 8));
    } else {
        bench.kernel.reset();
        CHECK(bench.read(bench.server, words.size()) == words);
    }
    bench.until_ended(bench.server);
    CHECK_FALSE(bench.over);
    bench.write(bench.server, reply_bytes(77, 100));  // nobody listens any more
    bench.server.reset();
    bench.until([&] { return bench.over.has_value(); });
    CHECK(bench.over->empty());
    CHECK_FALSE(bench.lost);
}

TEST_CASE("a reply for a kernel that has closed does not cost its last word") {
    Bench bench;
    bench.connect();
    bench.write(bench.kernel, read_request(1, 8) + read_request(2, 8));
    bench.read(bench.server, 56);
    if (GENERATE(false, true)) {  // one that it has not read
        bench.write(bench.server, reply_bytes(1, 8));
        bench.until([&] { return bench.relay.counters().replies == 1; });
    }
    // In one turn of the loop: the reply is there, and so is the end behind the DISC.
    REQUIRE(sys::send_some(bench.server.get(), reply_bytes(2, 8), "test"));
    REQUIRE(sys::send_some(bench.kernel.get(), plain_request(Command::disconnect, 3), "test"));
    bench.kernel.reset();
    CHECK(bench.read(bench.server, 28) == plain_request(Command::disconnect, 3));
    bench.server.reset();
    bench.until([&] { return bench.over.has_value(); });
}

TEST_CASE("a kernel that closes without a word is excused at the server") {
    Bench bench;
    bench.connect();
    bench.write(bench.kernel, write_request(1, 100));
    bench.read(bench.server, 128);
    bench.kernel.reset();
    CHECK(bench.read(bench.server, 28) == our_disconnect());
    bench.until_ended(bench.server);
}

TEST_CASE("in the middle of a request nothing else is said") {
    Bench bench;
    bench.connect();
    Bytes part = write_request(1, 100);
    part.resize(60);
    bench.write(bench.kernel, part);
    bench.read(bench.server, 60);
    bench.kernel.reset();
    bench.until_ended(bench.server);
}

TEST_CASE("a good-bye is said while the kernel still holds its end") {
    Bench bench({.good_bye = kShort});
    bench.connect();
    bench.pump->say_good_bye();
    CHECK(bench.read(bench.server, 28) == our_disconnect());
    if (GENERATE(true, false)) bench.server.reset();  // else patience ends
    bench.until([&] { return bench.over.has_value(); });
    CHECK(bench.over->empty());
    CHECK_FALSE(bench.lost);
}

TEST_CASE("a server that does not close ends the farewell by the limit") {
    Bench bench({.farewell = kShort});
    bench.connect();
    bench.kernel.reset();
    bench.until([&] { return bench.over.has_value(); });
    CHECK(bench.over->empty());
    CHECK_FALSE(bench.pump->is_connected());
}

TEST_CASE("without a server the device is over as soon as the kernel closes") {
    Bench bench;
    bench.kernel.reset();
    bench.until([&] { return bench.over.has_value(); });
    CHECK(bench.over->empty());
}

TEST_CASE("a kernel that closes while the store is full is noticed") {
    Bench bench({.hang_up_look = kShort});
    Bytes requests;
    for (std::uint64_t cookie = 1; cookie < 5; ++cookie) {
        requests = std::move(requests) + write_request(cookie, 500'000);
    }
    std::size_t put = 0;
    bench.until([&] {
        const auto moved = sys::send_some(bench.kernel.get(), ByteView(requests).subspan(put), "");
        put += moved->value_or(0);
        return !bench.relay.wants_kernel_bytes();
    });
    bench.kernel.reset();
    bench.until([&] { return bench.over.has_value(); });
    CHECK(bench.over->empty());
}

TEST_CASE("a kernel stream that cannot be ends the device with the reason") {
    Bench bench;
    bench.connect();
    bench.write(bench.kernel, Bytes(28));
    bench.until([&] { return bench.over.has_value(); });
    CHECK_THAT(*bench.over, Catch::Matchers::StartsWith("read request of the kernel: magic"));
    Relay next(RelayStore::over(bench.memory.bytes()), Instant{});
    RelayPump pump(*bench.loop, next, bench.ours.get(), {});
    CHECK_FALSE(pump.start());
}

}  // namespace nbdroot::agent::resident
