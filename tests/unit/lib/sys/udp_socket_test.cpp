#include "lib/sys/udp_socket.h"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "tests/support/catch.h"

using namespace nbdroot;
using sys::UdpSocket;

namespace {

constexpr std::uint32_t kLoopback = 0x7f000001;
constexpr std::size_t kLimit = 512;
constexpr int kDeadlineMs = 5'000;

sys::SocketAddress local_address(int fd) {
    sys::SocketAddress address;
    address.length = sizeof address.storage;
    REQUIRE(getsockname(fd, reinterpret_cast<sockaddr*>(&address.storage), &address.length) == 0);
    return address;
}

// A socket of the kernel's choice of port that is heard by nobody yet.
UdpSocket open_to(const sys::SocketAddress& peer, std::optional<sys::SocketAddress> local = {}) {
    auto socket =
        UdpSocket::open({.peer = peer, .object = "peer", .interface_name = "", .local = local});
    REQUIRE(socket);
    return std::move(*socket);
}

// Two sockets connected to each other.
struct Pair {
    sys::SocketAddress reserved = sys::make_socket_address(kLoopback, 1);
    UdpSocket left = open_to(reserved);
    UdpSocket right = open_to(local_address(left.fd()));

    Pair() {
        const auto peer = local_address(right.fd());
        REQUIRE(connect(left.fd(), peer.get(), peer.length) == 0);
    }
};

bool wait_readable(const UdpSocket& socket) {
    pollfd waiting{.fd = socket.fd(), .events = POLLIN, .revents = 0};
    return poll(&waiting, 1, kDeadlineMs) == 1;
}

Result<std::optional<Bytes>> receive_soon(UdpSocket& socket, std::size_t limit = kLimit) {
    REQUIRE(wait_readable(socket));
    return socket.receive(limit);
}

}  // namespace

TEST_CASE("a datagram arrives, and without one nobody waits") {
    Pair pair;
    REQUIRE(pair.right.receive(kLimit).value() == std::nullopt);
    REQUIRE(pair.left.send(base::as_bytes("hello")));
    const auto received = receive_soon(pair.right).value();
    REQUIRE(received);
    REQUIRE(base::as_text(*received) == "hello");
}

TEST_CASE("a datagram beyond the limit is cut") {
    Pair pair;
    REQUIRE(pair.left.send(base::as_bytes("hello")));
    REQUIRE(base::as_text(receive_soon(pair.right, 4).value().value()) == "hell");
}

TEST_CASE("a datagram of somebody else is not heard") {
    Pair pair;
    UdpSocket stranger = open_to(local_address(pair.right.fd()));
    REQUIRE(stranger.send(base::as_bytes("lie")));
    REQUIRE(pair.left.send(base::as_bytes("truth")));
    REQUIRE(base::as_text(receive_soon(pair.right).value().value()) == "truth");
    REQUIRE(pair.right.receive(kLimit).value() == std::nullopt);
}

TEST_CASE("a peer without a listener is an error that names it") {
    sys::SocketAddress gone;
    {
        const UdpSocket brief = open_to(sys::make_socket_address(kLoopback, 1));
        gone = local_address(brief.fd());
    }
    UdpSocket socket = open_to(gone);
    REQUIRE(socket.send(base::as_bytes("anybody")));
    const auto received = receive_soon(socket);
    REQUIRE_FALSE(received);
    REQUIRE(received.error().message() == "receive from peer: Connection refused");
    REQUIRE(received.error().code == ECONNREFUSED);
}

TEST_CASE("a refused datagram does not swallow the next one") {
    sys::SocketAddress restarted;
    {
        const UdpSocket brief = open_to(sys::make_socket_address(kLoopback, 1));
        restarted = local_address(brief.fd());
    }
    UdpSocket client = open_to(restarted);
    REQUIRE(client.send(base::as_bytes("anybody")));
    REQUIRE(wait_readable(client));  // the error
    UdpSocket server = open_to(local_address(client.fd()), restarted);
    REQUIRE(client.send(base::as_bytes("again")));
    REQUIRE(base::as_text(receive_soon(server).value().value()) == "again");
}

TEST_CASE("a socket has the local address that is asked for") {
    sys::SocketAddress wanted;
    {
        const UdpSocket brief = open_to(sys::make_socket_address(kLoopback, 1));
        wanted = local_address(brief.fd());
    }
    const UdpSocket socket = open_to(sys::make_socket_address(kLoopback, 1), wanted);
    const auto got = local_address(socket.fd());
    REQUIRE(std::memcmp(&got.storage, &wanted.storage, got.length) == 0);
}

TEST_CASE("an interface that is not there is an error") {
    const auto socket = UdpSocket::open({.peer = sys::make_socket_address(kLoopback, 1),
                                         .object = "peer",
                                         .interface_name = "nosuch0",
                                         .local = {}});
    REQUIRE_FALSE(socket);
    REQUIRE(socket.error().object == "nosuch0");
}

TEST_CASE("an interface that has another name by now is found by its index") {
    constexpr int kLoopbackIndex = 1;  // in every network namespace
    const auto socket = UdpSocket::open({.peer = sys::make_socket_address(kLoopback, 1),
                                         .object = "peer",
                                         .interface_name = "renamed0",
                                         .interface_index = kLoopbackIndex,
                                         .local = {}});
    REQUIRE(socket);
    int bound = 0;
    socklen_t length = sizeof bound;
    REQUIRE(getsockopt(socket->fd(), SOL_SOCKET, SO_BINDTOIFINDEX, &bound, &length) == 0);
    REQUIRE(bound == kLoopbackIndex);
}

TEST_CASE("an index that no interface has is an error") {
    const auto socket = UdpSocket::open({.peer = sys::make_socket_address(kLoopback, 1),
                                         .object = "peer",
                                         .interface_name = "gone0",
                                         .interface_index = 0x7ffffff0,
                                         .local = {}});
    REQUIRE_FALSE(socket);
    REQUIRE(socket.error().message() == "send to peer: No such device");
}
