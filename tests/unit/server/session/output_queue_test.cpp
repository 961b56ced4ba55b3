#include "server/session/output_queue.h"

#include <sys/socket.h>

#include <string>

#include "lib/sys/stream.h"
#include "tests/support/catch.h"

using nbdroot::base::as_bytes;
using nbdroot::base::as_text;
using nbdroot::server::session::OutputQueue;

namespace {

std::string receive_all(int fd) {
    std::string all;
    nbdroot::Bytes piece(1 << 16);
    for (;;) {
        const auto got = nbdroot::sys::receive_some(fd, piece, "");
        if (!got || !*got || **got == 0) return all;
        all += as_text(nbdroot::ByteView(piece).first(**got));
    }
}

}  // namespace

TEST_CASE("queued and fresh bytes arrive in order") {
    const auto pair = nbdroot::sys::make_stream_pair();
    REQUIRE(pair);
    OutputQueue queue;
    queue.push_copy(as_bytes("one "));
    queue.push_copy(as_bytes("two "));
    REQUIRE(queue.send(pair->first.get(), as_bytes("three")));
    CHECK(queue.empty());
    CHECK(receive_all(pair->second.get()) == "one two three");
}

TEST_CASE("what a full socket does not take waits, and nothing is lost or doubled") {
    const auto pair = nbdroot::sys::make_stream_pair();
    REQUIRE(pair);
    OutputQueue queue;
    std::string expected;
    std::string seen;
    for (int i = 0; i < 300; ++i) {  // more than one system call takes
        const std::string block(4001, static_cast<char>('a' + i % 26));
        expected += block;
        queue.push_copy(as_bytes(block));
    }
    const std::string fresh(100000, 'F');
    expected += fresh;
    REQUIRE(queue.send(pair->first.get(), as_bytes(fresh)));
    CHECK_FALSE(queue.empty());
    while (!queue.empty()) {
        seen += receive_all(pair->second.get());
        REQUIRE(queue.send(pair->first.get(), {}));
    }
    seen += receive_all(pair->second.get());
    CHECK(seen == expected);
}

TEST_CASE("a lost connection is an error and raises no signal") {
    auto pair = nbdroot::sys::make_stream_pair();
    REQUIRE(pair);
    pair->second.reset();
    OutputQueue queue;
    const auto sent = queue.send(pair->first.get(), as_bytes("x"));
    REQUIRE_FALSE(sent);
    CHECK(sent.error().reason == "Broken pipe");
}
