#include "server/listen/inheritance.h"

#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/listener.h"
#include "lib/sys/unix_listener.h"
#include "server/listen/listeners.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"

using namespace nbdroot;
using server::config::Config;
using server::config::Endpoint;
using server::listen::Inheritance;
using server::listen::kClientSocket;
using server::listen::kControlSocket;
using server::listen::Listeners;

namespace {

std::string own_path() { return cat("/tmp/nbdroot-inherited-", ::getpid()); }

struct Legacy {
    sys::PassedListeners passed{.sockets = {}, .from_predecessor = true};

    // Its port.
    std::uint16_t tcp(const std::string& ip, const char* name = kClientSocket,
                      std::uint16_t port = 0) {
        auto socket = sys::listen_tcp(ip, port);
        REQUIRE(socket);
        port = *sys::local_port(socket->get());
        passed.sockets.push_back({.fd = std::move(*socket), .name = name});
        return port;
    }
    std::string unix_socket(const char* name = kClientSocket) {
        auto socket = sys::listen_unix(own_path());
        REQUIRE(socket);
        passed.sockets.push_back({.fd = std::move(*socket), .name = name});
        return own_path();
    }
    ~Legacy() { ::unlink(own_path().c_str()); }
    Legacy() = default;
    Legacy(const Legacy&) = delete;
    Legacy& operator=(const Legacy&) = delete;

    Inheritance leave() { return Inheritance(std::move(passed)); }
};

struct Fixture {
    test::BoundedLoop loop;
    std::vector<std::string> lines;
    Log log{Level::debug, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    Listeners listeners{loop.get(), log, [](const sys::Accepted&) {}};

    [[nodiscard]] bool said(const std::string& words) const {
        for (const std::string& line : lines) {
            if (line.find(words) != std::string::npos) return true;
        }
        return false;
    }
};

Config listening(std::vector<Endpoint> endpoints, std::vector<std::string> unix_sockets = {}) {
    Config config;
    config.listen = std::move(endpoints);
    config.unix_sockets = std::move(unix_sockets);
    return config;
}

}  // namespace

TEST_CASE("an inherited socket is taken by whoever wants its address, once") {
    Legacy legacy;
    const std::uint16_t port = legacy.tcp("127.0.0.1");
    Inheritance inherited = legacy.leave();
    CHECK_FALSE(inherited.take(Endpoint{.ip = "127.0.0.2", .port = port}));
    CHECK_FALSE(inherited.take(Endpoint{.ip = "", .port = port}));
    CHECK_FALSE(inherited.take(Endpoint{.ip = "::1", .port = port}));
    CHECK_FALSE(
        inherited.take(Endpoint{.ip = "127.0.0.1", .port = static_cast<std::uint16_t>(port ^ 1U)}));
    CHECK(inherited.take(Endpoint{.ip = "127.0.0.1", .port = port}));
    CHECK_FALSE(inherited.take(Endpoint{.ip = "127.0.0.1", .port = port}));
}

TEST_CASE("any port of the address serves who wants just one") {
    Legacy legacy;
    legacy.tcp("127.0.0.1");
    Inheritance inherited = legacy.leave();
    CHECK_FALSE(inherited.take(Endpoint{.ip = "127.0.0.2", .port = 0}));
    CHECK(inherited.take(Endpoint{.ip = "127.0.0.1", .port = 0}));
}

TEST_CASE("a socket for every address is none for IPv6 alone") {
    Legacy legacy;
    const std::uint16_t port = legacy.tcp("");
    Inheritance inherited = legacy.leave();
    CHECK_FALSE(inherited.take(Endpoint{.ip = "::", .port = port}));
    CHECK(inherited.take(Endpoint{.ip = "", .port = port}));
}

TEST_CASE("the same IPv6 address in other words") {
    Legacy legacy;
    const std::uint16_t port = legacy.tcp("::1");
    Inheritance inherited = legacy.leave();
    CHECK(inherited.take(Endpoint{.ip = "0:0::1", .port = port}));
}

TEST_CASE("the control socket serves no clients, and those of clients no operators") {
    Legacy legacy;
    legacy.unix_socket(kControlSocket);
    Inheritance inherited = legacy.leave();
    CHECK_FALSE(inherited.take(kClientSocket, own_path()));
    CHECK(inherited.take_activated().empty());
    CHECK_FALSE(inherited.take(kControlSocket, "/somewhere/else"));
    CHECK(inherited.take(kControlSocket, own_path()));
}

TEST_CASE("a unix socket whose file has gone is not taken") {
    Legacy legacy;
    legacy.unix_socket();
    ::unlink(own_path().c_str());
    Inheritance inherited = legacy.leave();
    CHECK_FALSE(inherited.take(kClientSocket, own_path()));
    CHECK(inherited.take_rest(kClientSocket).size() == 1);
}

TEST_CASE("a socket of another name is one of socket activation") {
    Legacy legacy;
    legacy.tcp("127.0.0.1", "nbd-rootserver.socket");
    legacy.tcp("127.0.0.1", "");
    Inheritance inherited = legacy.leave();
    CHECK(inherited.take_activated().size() == 2);
    CHECK(inherited.take_activated().empty());
}

TEST_CASE("addresses that stay keep their sockets, others are opened and closed") {
    Fixture f;
    Legacy legacy;
    const std::uint16_t kept = legacy.tcp("127.0.0.1");
    const std::uint16_t closed = legacy.tcp("127.0.0.2");
    const int descriptor = legacy.passed.sockets[0].fd.get();
    Inheritance inherited = legacy.leave();
    REQUIRE(f.listeners.open(
        listening({{.ip = "127.0.0.3", .port = 0}, {.ip = "127.0.0.1", .port = kept}}), {},
        inherited));
    CHECK(f.listeners.where().starts_with("127.0.0.3:"));
    CHECK(f.listeners.where().ends_with(cat(" and 127.0.0.1:", kept)));
    CHECK(f.listeners.legacies().at(1).fd == descriptor);
    CHECK(f.said(cat("listens on 127.0.0.2:", closed, " no longer")));
    CHECK(sys::listen_tcp("127.0.0.2", closed));  // it is free
}

TEST_CASE("who wants just any port takes none that another place wants") {
    Fixture f;
    Legacy legacy;
    const std::uint16_t port = legacy.tcp("127.0.0.1");
    Inheritance inherited = legacy.leave();
    REQUIRE(f.listeners.open(
        listening({{.ip = "127.0.0.1", .port = 0}, {.ip = "127.0.0.1", .port = port}}), {},
        inherited));
    CHECK(f.listeners.where().ends_with(cat(':', port)));
}

TEST_CASE("an inherited socket makes room for every address at its port") {
    Fixture f;
    Legacy legacy;
    const std::uint16_t port = legacy.tcp("127.0.0.1");
    Inheritance inherited = legacy.leave();
    REQUIRE(f.listeners.open(listening({{.ip = "", .port = port}}), {}, inherited));
    CHECK(f.listeners.where().ends_with(cat("]:", port)));
}

TEST_CASE("an address that cannot be had costs a server that served before only that one") {
    Fixture f;
    Legacy legacy;
    const std::uint16_t port = legacy.tcp("127.0.0.1");
    Inheritance inherited = legacy.leave();
    REQUIRE(f.listeners.open(listening({{.ip = "192.0.2.1", .port = 1}}), {}, inherited));
    CHECK(f.listeners.where() == cat("127.0.0.1:", port));
    CHECK(f.said(
        "listen 192.0.2.1:1: Cannot assign requested address; the server goes on without it"));
    CHECK(f.said(cat("goes on listening on 127.0.0.1:", port)));
}

TEST_CASE("an address that cannot be had ends the start of a server, whatever is kept for it") {
    Fixture f;
    Legacy legacy;
    legacy.tcp("127.0.0.1");
    legacy.passed.from_predecessor = false;
    Inheritance inherited = legacy.leave();
    CHECK_FALSE(f.listeners.open(listening({{.ip = "192.0.2.1", .port = 1}}), {}, inherited));
}

TEST_CASE("an inherited unix socket stays the same file, one that is not wanted goes") {
    Fixture f;
    Legacy legacy;
    legacy.unix_socket();
    const auto number = sys::file_number(own_path());
    Inheritance inherited = legacy.leave();
    const bool is_wanted = GENERATE(true, false);
    Config config =
        is_wanted ? listening({}, {own_path()}) : listening({{.ip = "127.0.0.1", .port = 0}});
    REQUIRE(f.listeners.open(config, {}, inherited));
    CHECK(sys::file_number(own_path()) == (is_wanted ? number : std::nullopt));
    f.listeners.close();
    CHECK_FALSE(sys::file_number(own_path()));
}

TEST_CASE("sockets of socket activation stay that over a restart") {
    Fixture f;
    Legacy legacy;
    const std::uint16_t port = legacy.tcp("127.0.0.1", "any");
    Inheritance inherited = legacy.leave();
    REQUIRE(f.listeners.open(listening({{.ip = "127.0.0.2", .port = 0}}), {}, inherited));
    CHECK(f.listeners.where() == cat("127.0.0.1:", port));
    CHECK(f.listeners.legacies().at(0).name == server::listen::kActivatedSocket);
}

TEST_CASE("an inherited unix socket that lost its file does not take the new one's") {
    Fixture f;
    Legacy legacy;
    legacy.unix_socket();
    ::unlink(own_path().c_str());
    Inheritance inherited = legacy.leave();
    REQUIRE(f.listeners.open(listening({}, {own_path()}), {}, inherited));
    CHECK(sys::file_number(own_path()));
}
