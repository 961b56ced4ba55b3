#include "agent/attach/relay.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "lib/base/text.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::attach {
namespace {

Bytes pattern(std::size_t size) {
    Bytes bytes(size);
    for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(i * 31 + i / 251);
    return bytes;
}

// Between the two far ends KERNEL and SERVER runs the relay under test, on LOOP, which also drives
// the far ends: nothing here blocks.
struct Bench {
    Bench() {
        auto left = sys::make_stream_pair();
        auto right = sys::make_stream_pair();
        kernel = std::move(left->first);
        server = std::move(right->first);
        relay.emplace(*loop, std::move(left->second), std::move(right->second), "server");
    }

    // Ends the test instead of hanging it.
    Result<Relay::End> run() {
        bool late = false;
        const auto guard = loop->timer([&] {
            late = true;
            kernel.reset();
            server.reset();
        });
        guard->arm(loop->now() + Duration{20'000});
        auto end = relay->run();
        REQUIRE_FALSE(late);
        return end;
    }

    std::unique_ptr<io::Loop> loop = io::make_epoll_loop().value();
    sys::Fd kernel;
    sys::Fd server;
    std::optional<Relay> relay;
};

// Sends all of its bytes from an end, as that end takes them; then shuts it.
struct Sender {
    Sender(io::Loop& loop, int fd, Bytes bytes) : fd_(fd), bytes_(std::move(bytes)) {
        watch_ = loop.watch(fd, {.writable = true}, [this](io::Ready) { send(); }).value();
    }
    void send() {
        const auto moved = sys::send_some(fd_, ByteView(bytes_).subspan(sent_), "test");
        if (moved) sent_ += moved->value_or(0);
        if (moved && sent_ < bytes_.size()) return;
        watch_->set_interest({});
        (void)sys::shut_down_sending(fd_, "test");
    }
    int fd_;
    Bytes bytes_;
    std::size_t sent_ = 0;
    std::unique_ptr<io::Watch> watch_;
};

// Takes everything up to the end of the stream, 1000 bytes at a time: slower than the sender.
struct Receiver {
    Receiver(io::Loop& loop, int fd, std::function<void()> on_end)
        : fd_(fd), on_end_(std::move(on_end)) {
        watch_ = loop.watch(fd, {.readable = true}, [this](io::Ready) { receive(); }).value();
    }
    void receive() {
        std::array<std::byte, 1000> buffer;
        const auto moved = sys::receive_some(fd_, buffer, "test");
        if (moved && !*moved) return;
        if (moved && **moved > 0) {
            const ByteView got = ByteView(buffer).first(**moved);
            bytes_.insert(bytes_.end(), got.begin(), got.end());
            return;
        }
        watch_->set_interest({});
        on_end_();
    }
    int fd_;
    std::function<void()> on_end_;
    Bytes bytes_;
    std::unique_ptr<io::Watch> watch_;
};

}  // namespace

TEST_CASE("bytes arrive whole and in order although the reader is slower than the writer") {
    Bench bench;
    const Bytes sent = pattern(3'000'001);
    const Sender sender(*bench.loop, bench.kernel.get(), sent);
    const Receiver receiver(*bench.loop, bench.server.get(), [&] { bench.server.reset(); });
    CHECK(bench.run() == Relay::End::by_kernel);
    CHECK(receiver.bytes_ == sent);
}

TEST_CASE("replies still reach the kernel after the server has closed") {
    Bench bench;
    const Bytes sent = pattern(2'000'000);
    const Sender sender(*bench.loop, bench.server.get(), sent);
    bool ended = false;
    const Receiver receiver(*bench.loop, bench.kernel.get(), [&] { ended = true; });
    CHECK(bench.run() == Relay::End::by_server);
    // The relay is over; what it wrote last may still lie in the socket.
    auto left = receiver.bytes_;
    std::array<std::byte, 65536> buffer;
    for (;;) {
        const auto moved = sys::receive_some(bench.kernel.get(), buffer, "test");
        if (!moved || !*moved || **moved == 0) break;
        left.insert(left.end(), buffer.begin(),
                    buffer.begin() + static_cast<std::ptrdiff_t>(**moved));
    }
    CHECK(left == sent);
}

TEST_CASE("a server that closes at once ends the relay") {
    Bench bench;
    bench.server.reset();
    CHECK(bench.run() == Relay::End::by_server);
}

TEST_CASE("the kernel's last request reaches a server that then closes politely") {
    Bench bench;
    const Sender sender(*bench.loop, bench.kernel.get(), pattern(28));
    const Receiver receiver(*bench.loop, bench.server.get(), [&] { bench.server.reset(); });
    CHECK(bench.run() == Relay::End::by_kernel);
    CHECK(receiver.bytes_ == pattern(28));
}

TEST_CASE("both directions flow at once") {
    Bench bench;
    const Sender up(*bench.loop, bench.kernel.get(), pattern(1'500'000));
    const Sender down(*bench.loop, bench.server.get(), pattern(900'000));
    // epoll takes a descriptor once.
    const sys::Fd server(dup(bench.server.get()));
    const sys::Fd kernel(dup(bench.kernel.get()));
    const Receiver at_server(*bench.loop, server.get(), [] {});
    const Receiver at_kernel(*bench.loop, kernel.get(), [] {});
    REQUIRE(bench.run());
    // It stops when the replies are through; by then the requests are too, or still on their way.
    CHECK(std::equal(at_server.bytes_.begin(), at_server.bytes_.end(), up.bytes_.begin()));
    CHECK(std::equal(at_kernel.bytes_.begin(), at_kernel.bytes_.end(), down.bytes_.begin()));
    CHECK(at_kernel.bytes_.size() > 500'000);
}

TEST_CASE("a server that resets is an error with its name") {
    Bench bench;
    // Unread data at close makes a unix socket's peer see ECONNRESET.
    REQUIRE(sys::send_some(bench.kernel.get(), pattern(100), "test"));
    bool fired = false;
    const auto closer = bench.loop->timer([&] {
        fired = true;
        bench.server.reset();
    });
    const Receiver nothing(*bench.loop, bench.kernel.get(), [] {});
    const auto watch = bench.loop->watch(bench.server.get(), {.readable = true},
                                         [&](io::Ready) { closer->arm(bench.loop->now()); });
    const auto end = bench.run();
    CHECK(fired);
    REQUIRE_FALSE(end);
    CHECK(end.error().message() == "receive server: Connection reset by peer");
}

TEST_CASE("a full buffer has no space, and an emptied one has all of it again") {
    RelayBuffer buffer(8);
    CHECK(buffer.space().size() == 8);
    buffer.filled(8);
    CHECK(buffer.is_full());
    CHECK(buffer.space().empty());
    buffer.drained(3);
    CHECK(buffer.space().size() == 3);
    buffer.drained(5);
    CHECK(buffer.is_empty());
    CHECK(buffer.space().size() == 8);
}

TEST_CASE("moving the content to the front keeps it") {
    RelayBuffer buffer(4);
    const std::string_view text = "abcd";
    std::ranges::copy(base::as_bytes(text), buffer.space().begin());
    buffer.filled(4);
    buffer.drained(2);
    std::ranges::copy(base::as_bytes("ef"), buffer.space().begin());
    buffer.filled(2);
    CHECK(base::as_text(buffer.content()) == "cdef");
}

}  // namespace nbdroot::agent::attach
