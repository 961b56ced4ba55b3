// Whole session processes, killed and followed by another one, between a device and servers that
// the test plays.
#include "agent/resident/session.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "agent/resident/event_ring.h"
#include "agent/resident/lease_note.h"
#include "agent/resident/notes.h"
#include "agent/resident/relay_store.h"
#include "lib/protocol/nbd/server_handshake.h"
#include "lib/protocol/nbd/transmission.h"
#include "lib/sys/process.h"
#include "lib/sys/socket_address.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

namespace nbd = protocol::nbd;

constexpr int kLimitMs = 20'000;
constexpr std::uint16_t kFlags = nbd::kTransmitHasFlags | nbd::kTransmitSendFlush;
constexpr const char* kName = "disk@image.token";

void await(int fd) {
    pollfd waits{.fd = fd, .events = POLLIN, .revents = 0};
    REQUIRE(::poll(&waits, 1, kLimitMs) == 1);
}

// A server that gives the disk a name, and refuses names that it has not given.
class Server {
public:
    Server() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        REQUIRE(::bind(listener_.get(), generic, length) == 0);
        REQUIRE(::listen(listener_.get(), 8) == 0);
        REQUIRE(::getsockname(listener_.get(), generic, &length) == 0);
        port_ = ntohs(address.sin_port);
    }

    [[nodiscard]] attach::Server address() const {
        return {.target = {.host = "127.0.0.1", .port = port_, .export_name = "disk"},
                .address = sys::make_socket_address(INADDR_LOOPBACK, port_)};
    }

    // Serves the next client up to its requests; gives the name that it came in by.
    std::string accept() {
        await(listener_.get());
        client_ = sys::Fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        REQUIRE(client_);
        nbd::ServerHandshake handshake;
        std::string asked;
        Bytes left;
        for (;;) {
            send(handshake.take_output());
            const auto event = handshake.take_event();
            if (event && std::holds_alternative<nbd::ServerHandshake::TransmissionBegins>(*event)) {
                REQUIRE(left.empty());
                return asked;
            }
            if (event) {
                asked = std::get<nbd::ServerHandshake::ExportWanted>(*event).name;
                answer(handshake, asked);
            } else if (left.empty()) {
                left = receive();
            }
            const std::size_t used = handshake.on_bytes(left);
            left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(used));
        }
    }

    // The cookie of its next request, which has no data.
    std::uint64_t take_request() {
        Bytes bytes;
        while (bytes.size() < nbd::kRequestSize) {
            const Bytes more = receive();
            bytes.insert(bytes.end(), more.begin(), more.end());
        }
        REQUIRE(bytes.size() == nbd::kRequestSize);
        return nbd::parse_request(std::span(bytes).first<nbd::kRequestSize>()).value().cookie;
    }

private:
    static void answer(nbd::ServerHandshake& handshake, const std::string& asked) {
        if (asked != "disk" && asked != kName) {
            return handshake.refuse_export(nbd::OptionReply::error_unknown, "no such export");
        }
        handshake.accept_export(
            {.size_bytes = 1 << 20, .transmission_flags = kFlags, .canonical_name = kName});
    }

    void send(ByteView bytes) const {
        if (bytes.empty()) return;
        REQUIRE(::send(client_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
                static_cast<ssize_t>(bytes.size()));
    }

    [[nodiscard]] Bytes receive() const {
        await(client_.get());
        Bytes bytes(4096);
        const ssize_t count = ::recv(client_.get(), bytes.data(), bytes.size(), 0);
        REQUIRE(count > 0);
        bytes.resize(static_cast<std::size_t>(count));
        return bytes;
    }

    sys::Fd listener_;
    sys::Fd client_;
    std::uint16_t port_ = 0;
};

// A machine that began on a server without names, and has lost it.
struct World {
    Server first;
    Server second;
    Plan plan{.servers = {first.address(), second.address()},
              .identity = {.size_bytes = 1 << 20,
                           .transmission_flags = kFlags,
                           .request_bytes = 512 << 10},
              .device = "nbd0",
              .by_netlink = false,
              .is_relayed = true};
    Held held;
    sys::Fd kernel;
    pid_t process = -1;

    World() {
        auto pair = sys::make_stream_pair();
        REQUIRE(pair);
        held.kernel = std::move(pair->first);
        kernel = std::move(pair->second);
        held.notes = std::move(*sys::make_shared_memory(Notes::kBytes));
        held.events = std::move(*sys::make_shared_memory(EventRing::kBytes));
        held.lease = std::move(*sys::make_shared_memory(LeaseNote::kBytes));
        held.store = std::move(*sys::make_shared_memory(kRelayMemoryBytes));
    }
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    ~World() { kill(); }

    void start() {
        const auto child = sys::fork_child([this] {
            const Log log(Level::error, [](Level, std::string_view) {});
            return run_session(plan, held, -1, Start::again, log) ? 0 : 1;
        });
        REQUIRE(child);
        process = *child;
    }

    void kill() {
        if (process > 0) sys::kill_child(std::exchange(process, -1));
    }

    void request(std::uint64_t cookie) const {
        const auto bytes = encode(nbd::Request{.command = nbd::Command::flush, .cookie = cookie});
        REQUIRE(::send(kernel.get(), &bytes, sizeof bytes, MSG_NOSIGNAL) == sizeof bytes);
    }

    [[nodiscard]] Notes notes() const { return Notes(held.notes.bytes()); }
};

}  // namespace

TEST_CASE("a name that a server gave during the boot is asked for by the next session process") {
    World world;
    world.request(1);
    world.start();
    CHECK(world.first.accept() == "disk");
    CHECK(world.first.take_request() == 1);
    world.kill();
    world.start();
    CHECK(world.first.accept() == kName);
    CHECK(world.first.take_request() == 1);
}

TEST_CASE("the server that somebody asked for is gone to by the next session process, once") {
    World world;
    world.notes().set_wish(1);
    world.request(1);
    world.start();
    CHECK(world.second.accept() == "disk");
    CHECK(world.second.take_request() == 1);
    world.request(2);  // taken in a later turn of its loop
    CHECK(world.second.take_request() == 2);
    CHECK_FALSE(world.notes().wish());
}

}  // namespace nbdroot::agent::resident
