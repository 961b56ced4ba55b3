#include "server/session/session.h"

#include <unistd.h>

#include <ctime>
#include <future>
#include <string>
#include <vector>

#include "lib/protocol/nbd/client_handshake.h"
#include "lib/sys/clock.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/temporary_file.h"

namespace nbd = nbdroot::protocol::nbd;
using nbdroot::ByteReader;
using nbdroot::Bytes;
using nbdroot::ByteView;
using nbdroot::ByteWriter;
using nbdroot::Level;
using nbdroot::Log;
using nbdroot::base::as_bytes;
using nbdroot::base::as_text;
using nbdroot::server::export_::Export;
using nbdroot::server::export_::ExportTable;
using nbdroot::server::session::Session;
using nbdroot::server::session::Surroundings;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::WorkerPool;
using nbdroot::sys::Fd;
using nbdroot::test::BoundedLoop;
using nbdroot::test::TemporaryFile;

namespace {

constexpr std::size_t kFileSize = 2 << 20;

// A session on one end of a socket pair, the test on the other.
struct Fixture {
    BoundedLoop loop;
    std::unique_ptr<WorkerPool> pool = std::move(*WorkerPool::start(loop.get(), 2));
    std::vector<std::string> lines;
    Log log{Level::debug, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    TemporaryFile file{std::string(kFileSize, 'x')};
    ExportTable table;
    Surroundings surroundings{.loop = loop.get(), .exports = table, .log = log};
    Fd ours;
    std::shared_ptr<Session> session;
    bool ended = false;
    std::string seen;     // received and not looked at yet
    bool at_end = false;  // the session closed its side

    explicit Fixture(nbdroot::Duration handshake_limit = std::chrono::seconds(10)) {
        surroundings.handshake_limit = handshake_limit;
        table.add("disk", std::make_shared<Export>(
                              Export::Traits{.name = "disk"},
                              std::move(*Image::open(file.path(), Access::writable)), *pool, log));
        surroundings.ended = [this](Session&) { ended = true; };
        pool->set_after_batch([this] {
            for (const auto& weak : std::exchange(surroundings.changed, {})) {
                if (const auto changed = weak.lock()) changed->resume();
            }
        });
        auto pair = nbdroot::sys::make_stream_pair();
        REQUIRE(pair);
        ours = std::move(pair->first);
        session = std::make_shared<Session>(
            surroundings, nbdroot::sys::Accepted{std::move(pair->second), "peer"});
        REQUIRE(session->start());
    }

    void receive() {
        Bytes piece(1 << 16);
        for (;;) {
            const auto got = nbdroot::sys::receive_some(ours.get(), piece, "");
            if (!got || (*got && **got == 0)) at_end = true;
            if (!got || !*got || **got == 0) return;
            seen += as_text(ByteView(piece).first(**got));
        }
    }

    // The next COUNT bytes from the session.
    std::string take(std::size_t count) {
        loop.run_until([&] {
            receive();
            return seen.size() >= count;
        });
        const std::string front = seen.substr(0, count);
        seen.erase(0, count);
        return front;
    }

    void send(ByteView bytes) { REQUIRE(nbdroot::sys::write_all(ours.get(), bytes, "test")); }

    nbd::ClientHandshake::Outcome negotiate(const std::string& name) {
        nbd::ClientHandshake client(
            {.goal = nbd::ClientHandshake::Goal::transmit, .export_name = name});
        loop.run_until([&] {
            receive();
            client.on_bytes(as_bytes(std::exchange(seen, {})));
            send(client.take_output());
            return !std::holds_alternative<nbd::ClientHandshake::InProgress>(client.outcome());
        });
        return client.outcome();
    }

    void expect_end() {
        loop.run_until([&] {
            receive();
            return ended && at_end;
        });
    }
};

Bytes request(nbd::Command command, std::uint64_t offset, std::uint32_t length,
              std::uint64_t cookie, std::uint16_t flags = 0) {
    Bytes bytes;
    ByteWriter(bytes).value(nbd::encode(nbd::Request{.command = command,
                                                     .flags = flags,
                                                     .cookie = cookie,
                                                     .offset_bytes = offset,
                                                     .length_bytes = length}));
    return bytes;
}

nbd::SimpleReply reply_of(const std::string& text) {
    const auto bytes = as_bytes(text);
    return *nbd::parse_simple_reply(bytes.first<nbd::kSimpleReplySize>());
}

}  // namespace

TEST_CASE("a client negotiates, writes, reads what it wrote, and leaves") {
    Fixture f;
    const auto outcome = f.negotiate("disk");
    REQUIRE(std::holds_alternative<nbd::ClientHandshake::Ready>(outcome));
    CHECK(std::get<nbd::ClientHandshake::Ready>(outcome).info.size_bytes == kFileSize);

    Bytes all = request(nbd::Command::write, 10, 5, 1, nbd::kCommandFua);
    ByteWriter(all).text("hello");
    f.send(all);
    CHECK(reply_of(f.take(16)) == nbd::SimpleReply{.cookie = 1});
    f.send(request(nbd::Command::read, 9, 7, 2));
    CHECK(reply_of(f.take(16)) == nbd::SimpleReply{.cookie = 2});
    CHECK(f.take(7) == "xhellox");
    f.send(request(nbd::Command::disconnect, 0, 0, 3));
    f.expect_end();
    CHECK(f.lines.back() ==
          "client peer: disconnected; export 'disk', 3 requests, read 7 B, written 5 B");
}

TEST_CASE("each command is answered, in whatever order") {
    Fixture f;
    f.negotiate("disk");
    Bytes all = request(nbd::Command::flush, 0, 0, 0);
    ByteWriter writer(all);
    writer.bytes(request(nbd::Command::trim, 4096, 4096, 1));
    writer.bytes(request(nbd::Command::write_zeroes, 100, 50, 2, nbd::kCommandNoHole));
    writer.bytes(request(nbd::Command::cache, 0, 4096, 3));
    writer.bytes(request(nbd::Command::trim, 0, 0, 4));
    writer.bytes(request(nbd::Command::write, 0, 0, 5));
    writer.bytes(request(nbd::Command::read, 0, 0, 6));
    f.send(all);
    unsigned answered = 0;
    for (int i = 0; i < 7; ++i) {
        const auto reply = reply_of(f.take(16));
        CHECK(reply.error == nbd::ErrorNumber::none);
        answered |= 1U << reply.cookie;
    }
    CHECK(answered == 0x7f);
    CHECK(f.file.contents().substr(99, 52) == "x" + std::string(50, '\0') + "x");
}

TEST_CASE("a read longer than a short one comes whole") {
    Fixture f;
    f.negotiate("disk");
    f.send(request(nbd::Command::read, 1, kFileSize - 1, 1));
    f.send(request(nbd::Command::read, 0, 1, 2));
    CHECK(reply_of(f.take(16)) == nbd::SimpleReply{.cookie = 1});
    CHECK(f.take(kFileSize - 1) == std::string(kFileSize - 1, 'x'));
    CHECK(reply_of(f.take(16)) == nbd::SimpleReply{.cookie = 2});
}

TEST_CASE("a long read behind slow work waits for it, and the loop sleeps meanwhile") {
    Fixture f;
    f.negotiate("disk");
    std::promise<void> slow;
    const auto done = slow.get_future().share();
    for (int i = 0; i < 2; ++i) f.pool->submit({.work = [done] { done.wait(); }, .done = [] {}});
    f.send(request(nbd::Command::flush, 0, 0, 1));
    f.send(request(nbd::Command::read, 0, kFileSize, 2));
    const auto began = std::clock();
    const auto until = nbdroot::sys::now() + std::chrono::milliseconds(300);
    f.loop.run_until([&] { return nbdroot::sys::now() > until; });
    CHECK(std::clock() - began < CLOCKS_PER_SEC / 10);
    slow.set_value();
    CHECK(reply_of(f.take(16)).cookie == 1);
    CHECK(reply_of(f.take(16)).cookie == 2);
    CHECK(f.take(kFileSize) == std::string(kFileSize, 'x'));
}

TEST_CASE("a long read that fails in its first part is answered with the error") {
    Fixture f;
    f.negotiate("disk");
    REQUIRE(::truncate(f.file.path().c_str(), 4096) == 0);
    f.send(request(nbd::Command::read, 0, kFileSize, 1));
    CHECK(reply_of(f.take(16)) == nbd::SimpleReply{.error = nbd::ErrorNumber::io, .cookie = 1});
}

TEST_CASE("a long read that fails after its reply has begun ends the connection", "[T33]") {
    Fixture f;
    f.negotiate("disk");
    REQUIRE(::truncate(f.file.path().c_str(), (1 << 20) + 4096) == 0);
    f.send(request(nbd::Command::read, 0, kFileSize, 1));
    CHECK(reply_of(f.take(16)) == nbd::SimpleReply{.cookie = 1});
    f.expect_end();
    CHECK(f.seen.size() == 1 << 20);
}

TEST_CASE("a request without its magic ends the connection after the answers before it", "[T38]") {
    Fixture f;
    f.negotiate("disk");
    Bytes all = request(nbd::Command::read, 0, 1, 1);
    ByteWriter(all).zeros(nbd::kRequestSize);
    f.send(all);
    CHECK(reply_of(f.take(16)).cookie == 1);
    CHECK(f.take(1) == "x");
    f.expect_end();
    CHECK(f.lines.back().find("closed: parse request: magic 0") != std::string::npos);
}

TEST_CASE("a client that ends in the middle of a payload is let go, and no error is sent") {
    Fixture f;
    f.negotiate("disk");
    Bytes all = request(nbd::Command::write, 0, 100, 1);
    ByteWriter(all).text("only this");
    f.send(all);
    REQUIRE(nbdroot::sys::shut_down_sending(f.ours.get(), "test"));
    f.expect_end();
    CHECK(f.seen.empty());
    CHECK(f.lines.back().starts_with("client peer: left without saying so"));
}

TEST_CASE("a client that vanishes with work under way takes nothing with it", "[T37]") {
    Fixture f;
    f.negotiate("disk");
    Bytes all;
    for (std::uint64_t i = 0; i < 50; ++i) {
        ByteWriter(all).bytes(request(nbd::Command::flush, 0, 0, i));
    }
    f.send(all);
    f.ours.reset();
    f.loop.run_until([&] { return f.ended; });
    f.session.reset();
    // The workers' completions find nobody; the pool goes on.
    bool after = false;
    f.pool->submit({.work = [] {}, .done = [&] { after = true; }});
    f.loop.run_until([&] { return after; });
}

TEST_CASE("an unknown export is refused with the names, and the client may ask again") {
    Fixture f;
    const auto outcome = f.negotiate("other");
    REQUIRE(std::holds_alternative<nbd::ClientHandshake::Refused>(outcome));
    const auto& refused = std::get<nbd::ClientHandshake::Refused>(outcome);
    CHECK(refused.error.message().find("unknown export 'other'; this server has: disk") !=
          std::string::npos);
    CHECK(refused.known_exports == std::vector<std::string>{"disk"});
}

TEST_CASE("a client that only asks, and ends its side at once, gets the whole answer") {
    Fixture f;
    const std::string long_name(4000, 'n');
    for (int i = 0; i < 300; ++i) f.table.add(long_name + std::to_string(i), nullptr);
    Bytes all;
    ByteWriter writer(all);
    writer.be_u32(3);
    writer.text("IHAVEOPT");
    writer.be_u32(3);  // LIST
    writer.be_u32(0);
    f.send(all);
    REQUIRE(nbdroot::sys::shut_down_sending(f.ours.get(), "test"));
    f.expect_end();
    CHECK(f.seen.size() > 300 * 4000);
    CHECK(f.seen.ends_with(std::string("\0\0\0\x03\0\0\0\x01\0\0\0\0", 12)));
}

TEST_CASE("draining in the handshake closes without an error reply", "[H40]") {
    Fixture f;
    f.take(18);
    f.session->drain("the server stops");
    f.expect_end();
    CHECK(f.seen.empty());
}

TEST_CASE("draining answers what was read, ends the stream, and waits for the client to close",
          "[T46][T47]") {
    Fixture f;
    f.negotiate("disk");
    Bytes all;
    for (std::uint64_t i = 0; i < 20; ++i) {
        ByteWriter(all).bytes(request(nbd::Command::read, 0, 100000, i));
    }
    f.send(all);
    CHECK(reply_of(f.take(16)).cookie == 0);  // so all have been read: they came in one piece
    f.session->drain("the server stops");
    f.loop.run_until([&] {
        f.receive();
        return f.at_end;
    });
    CHECK_FALSE(f.ended);
    CHECK(f.seen.size() == 100000 + 19 * 100016);
    f.ours.reset();
    f.loop.run_until([&] { return f.ended; });
}

TEST_CASE("what a client is seen to do") {
    using nbdroot::server::session::ClientView;
    using nbdroot::server::session::Traffic;
    Fixture f;
    CHECK(f.session->view().state == ClientView::State::handshake);
    CHECK(f.session->view().export_name.empty());
    f.negotiate("disk");

    Bytes all = request(nbd::Command::write, 10, 5, 1);
    ByteWriter(all).text("hello");
    ByteWriter(all).bytes(request(nbd::Command::read, kFileSize, 1, 2));
    f.send(all);
    f.take(32);
    const ClientView view = f.session->view();
    CHECK(view.peer == "peer");
    CHECK(view.export_name == "disk");
    CHECK(view.writes);
    CHECK(view.state == ClientView::State::active);
    CHECK(view.traffic.requests() == 2);
    CHECK(view.traffic ==
          Traffic{
              .requests_by_kind = {1, 1}, .error_replies = 1, .read_bytes = 0, .written_bytes = 5});
    CHECK(view.in_flight == 0);

    // Half of a write is in flight.
    f.send(request(nbd::Command::write, 0, 10, 3));
    f.loop.run_until([&] { return f.session->view().in_flight == 1; });
    f.session->drain("that is all");
    f.loop.run_until([&] { return f.session->view().state == ClientView::State::closing; });
}

TEST_CASE("a client that stops in its handshake is sent away at the deadline", "[H38]") {
    const std::string said = GENERATE(std::string(), std::string("\0\0\0\1", 4),
                                      std::string("\0\0\0\1IHAVEOPT\0\0\0\7\0\0", 18));
    Fixture f(std::chrono::milliseconds(50));
    f.send(as_bytes(said));
    f.expect_end();
    CHECK(f.seen.size() == 18);
    CHECK(f.lines.back() == "client peer: no export chosen within 0 s, closed");
}

TEST_CASE("options of different kinds without end are not answered before answers are taken") {
    Fixture f;
    for (int i = 0; i < 300; ++i) {
        f.table.add(std::string(100, 'n') + std::to_string(i), f.table.find("disk", {})->target);
    }
    Bytes sent;
    ByteWriter writer(sent);
    const auto option = [&](std::uint32_t number, std::string_view name) {
        writer.be_u64(0x49484156454F5054);
        writer.be_u32(number);
        writer.be_u32(name.empty() ? 0 : static_cast<std::uint32_t>(name.size()) + 6);
        if (name.empty()) return;
        writer.be_u32(static_cast<std::uint32_t>(name.size()));
        writer.bytes(as_bytes(name));
        writer.be_u16(0);
    };
    writer.be_u32(3);
    for (int i = 0; i < 200; ++i) {
        option(3, "");      // LIST
        option(6, "disk");  // INFO
    }
    option(6, "nosuch");
    f.send(sent);
    REQUIRE(nbdroot::sys::shut_down_sending(f.ours.get(), "test"));
    const auto& refused =
        f.surroundings.tally
            .refusals[static_cast<std::size_t>(nbdroot::server::session::Refusal::unknown_export)];
    CHECK(f.take(100'000).size() == 100'000);
    CHECK(refused == 0);  // it has far more to take before
    f.expect_end();
    CHECK(refused == 1);
    CHECK(f.seen.size() > 200 * 300 * 120);
}
