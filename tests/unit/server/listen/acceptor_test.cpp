#include "server/listen/acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/tcp_client.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using nbdroot::Level;
using nbdroot::Log;
using nbdroot::server::listen::Acceptor;
using nbdroot::sys::Accepted;
using nbdroot::sys::Fd;
using nbdroot::test::BoundedLoop;

namespace {

Fd connect_to(const Acceptor& acceptor) {
    const std::string& where = acceptor.where();
    const auto port = nbdroot::base::parse_decimal(where.substr(where.rfind(':') + 1), 65535);
    REQUIRE(port);
    const auto address =
        nbdroot::sys::parse_socket_address("127.0.0.1", static_cast<std::uint16_t>(*port));
    auto fd = nbdroot::sys::start_connect(*address, where);
    REQUIRE(fd);
    return std::move(*fd);
}

int option_of(const Fd& socket, int level, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    REQUIRE(::getsockopt(socket.get(), level, name, &value, &size) == 0);
    return value;
}

struct Fixture {
    BoundedLoop loop;
    std::vector<std::string> lines;
    Log log{Level::debug, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    std::vector<Accepted> clients;

    std::unique_ptr<Acceptor> open(const std::string& ip) {
        auto socket = nbdroot::sys::listen_tcp(ip, 0);
        REQUIRE(socket);
        auto acceptor = Acceptor::serve(loop.get(), std::move(*socket), log, [this](Accepted one) {
            clients.push_back(std::move(one));
        });
        REQUIRE(acceptor);
        return std::move(*acceptor);
    }
};

// No further descriptor can be opened while this lives.
class NoDescriptors {
public:
    NoDescriptors() {
        REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
        rlimit none = before_;
        none.rlim_cur = 3;
        REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    }
    NoDescriptors(const NoDescriptors&) = delete;
    NoDescriptors& operator=(const NoDescriptors&) = delete;
    ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

private:
    rlimit before_{};
};

}  // namespace

TEST_CASE("every client that waits is accepted, on one family and on both") {
    Fixture f;
    const auto acceptor = f.open(GENERATE(as<std::string>{}, "127.0.0.1", ""));
    std::vector<Fd> clients;
    for (int i = 0; i < 100; ++i) clients.push_back(connect_to(*acceptor));
    f.loop.run_until([&] { return f.clients.size() == 100; });
    CHECK(f.clients[0].peer.starts_with("127.0.0.1:"));
}

TEST_CASE("small replies leave at once, and a peer that vanished is noticed", "[H41]") {
    Fixture f;
    const auto acceptor = f.open("127.0.0.1");
    const Fd client = connect_to(*acceptor);
    f.loop.run_until([&] { return f.clients.size() == 1; });
    CHECK(option_of(f.clients[0].fd, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option_of(f.clients[0].fd, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option_of(f.clients[0].fd, IPPROTO_TCP, TCP_KEEPIDLE) == 30);
}

TEST_CASE("without descriptors it complains once, and goes on when one is free") {
    Fixture f;
    const auto acceptor = f.open("127.0.0.1");
    const Fd client = connect_to(*acceptor);
    {
        const NoDescriptors none;
        f.loop.run_until([&] { return !f.lines.empty(); });
        acceptor->retry();
        bool turned = false;
        const auto timer = f.loop.get().timer([&] { turned = true; });
        timer->arm(nbdroot::sys::now() + std::chrono::milliseconds(20));
        f.loop.run_until([&] { return turned; });
    }
    CHECK(f.lines == std::vector<std::string>{"accept on " + acceptor->where() +
                                              ": Too many open files; new clients wait until "
                                              "another one leaves"});
    CHECK(f.clients.empty());
    acceptor->retry();
    f.loop.run_until([&] { return f.clients.size() == 1; });
}

TEST_CASE("a port in use is an error that names it") {
    Fixture f;
    const auto first = f.open("127.0.0.1");
    const std::string& where = first->where();
    const auto port = nbdroot::base::parse_decimal(where.substr(where.rfind(':') + 1), 65535);
    const auto second = nbdroot::sys::listen_tcp("127.0.0.1", static_cast<std::uint16_t>(*port));
    REQUIRE_FALSE(second);
    CHECK(second.error().message() == "listen " + where + ": Address already in use");
}
