#include "agent/network/resolver.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <array>

#include "lib/base/text.h"
#include "lib/io/loop.h"
#include "lib/sys/clock.h"
#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/dns/answer.h"

namespace nbdroot::agent::network {
namespace {

namespace dns = protocol::dns;
using dns::tests::serialize;

constexpr std::uint32_t kLoopback = 0x7f000001;
constexpr std::uint16_t kPort = 10809;
constexpr Duration kDeadline{10'000};

// A name server on ADDRESS of the loopback network; what it does with a question is SCRIPT.
class NameServer {
public:
    using Script = std::function<Bytes(const dns::Question&)>;  // empty: no answer

    NameServer(io::Loop& loop, std::uint32_t address, std::uint16_t port, Script script)
        : fd_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)),
          script_(std::move(script)) {
        const auto local = sys::make_socket_address(address, port);
        REQUIRE(::bind(fd_.get(), local.get(), local.length) == 0);
        watch_ =
            std::move(*loop.watch(fd_.get(), {.readable = true}, [this](io::Ready) { turn(); }));
    }

    [[nodiscard]] std::uint16_t port() const {
        sockaddr_in bound{};
        socklen_t length = sizeof bound;
        REQUIRE(::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&bound), &length) == 0);
        return ntohs(bound.sin_port);
    }
    [[nodiscard]] int questions() const { return questions_; }

private:
    void turn() {
        std::array<std::byte, 512> buffer;
        sockaddr_storage from{};
        socklen_t length = sizeof from;
        auto* const sender = reinterpret_cast<sockaddr*>(&from);
        const ssize_t size =
            ::recvfrom(fd_.get(), buffer.data(), buffer.size(), 0, sender, &length);
        REQUIRE(size > 12);
        ++questions_;
        const ByteView query = ByteView(buffer).first(static_cast<std::size_t>(size));
        ByteReader reader(query);
        const dns::Question question{.id = reader.be_u16().value(),
                                     .name = dns::read_name(query, 12).value().name,
                                     .type = static_cast<dns::RecordType>(query[query.size() - 3])};
        const Bytes answer = script_(question);
        if (!answer.empty()) ::sendto(fd_.get(), answer.data(), answer.size(), 0, sender, length);
    }

    sys::Fd fd_;
    Script script_;
    std::unique_ptr<io::Watch> watch_;
    int questions_ = 0;
};

Bytes silence(const dns::Question&) { return {}; }

Bytes ten(const dns::Question& question) {
    return serialize(question, {.records = {{.data = dns::tests::address({10, 0, 0, 7})},
                                            {.data = dns::tests::address({10, 0, 0, 8})}}});
}

Bytes nothing(const dns::Question& question) {
    return serialize(question, {.flags = 0x8183, .records = {}});
}

struct Bench {
    std::unique_ptr<io::Loop> loop = std::move(*io::make_epoll_loop());
    std::string told;  // "10.0.0.7 10.0.0.8 " or the message

    void on_done(const Result<Resolver::Addresses>& result) {
        told.clear();
        if (!result) told = result.error().message();
        if (result) {
            for (const auto& address : *result) told += cat(sys::format_host(address), " ");
        }
        loop->stop();
    }

    // What came of it; a test that hangs fails by its deadline.
    std::string resolve(ResolverOptions options, const std::string& host) {
        const auto guard = loop->timer([this] {
            told = "the deadline of the test";
            loop->stop();
        });
        guard->arm(sys::now() + kDeadline);
        options.port = kPort;
        const Resolver resolver(*loop, std::move(options), host,
                                [this](const auto& result) { on_done(result); });
        REQUIRE(loop->run());
        return told;
    }
};

}  // namespace

TEST_CASE("a name becomes the addresses that its server tells") {
    Bench bench;
    const NameServer server(*bench.loop, kLoopback, 0, ten);
    CHECK(bench.resolve({.servers = {kLoopback}, .server_port = server.port()}, "boot.lan") ==
          "10.0.0.7 10.0.0.8 ");
    CHECK(server.questions() == 1);
}

TEST_CASE("addresses carry the port that is asked for") {
    Bench bench;
    const NameServer server(*bench.loop, kLoopback, 0, ten);
    std::uint16_t port = 0;
    const Resolver resolver(
        *bench.loop, {.servers = {kLoopback}, .port = kPort, .server_port = server.port()},
        "boot.lan", [&](const Result<Resolver::Addresses>& result) {
            if (result) {
                port = ntohs(reinterpret_cast<const sockaddr_in*>(result->front().get())->sin_port);
            }
            bench.loop->stop();
        });
    REQUIRE(bench.loop->run());
    CHECK(port == kPort);
}

TEST_CASE("behind a silent server the second one answers") {
    Bench bench;
    const NameServer first(*bench.loop, kLoopback, 0, silence);
    const NameServer second(*bench.loop, kLoopback + 1, first.port(), ten);
    const Instant began = sys::now();
    CHECK(bench.resolve({.servers = {kLoopback, kLoopback + 1}, .server_port = first.port()},
                        "boot.lan") == "10.0.0.7 10.0.0.8 ");
    CHECK(first.questions() == 1);
    CHECK(sys::now() - began < Duration(3'000));
}

TEST_CASE("a server where nothing listens costs no time") {
    Bench bench;
    const NameServer second(*bench.loop, kLoopback + 1, 0, ten);
    const Instant began = sys::now();
    CHECK(bench.resolve({.servers = {kLoopback, kLoopback + 1}, .server_port = second.port()},
                        "boot.lan") == "10.0.0.7 10.0.0.8 ");
    CHECK(sys::now() - began < Duration(400));  // before the first server's time is over
}

TEST_CASE("when nothing listens anywhere the reason is told") {
    Bench bench;
    const std::uint16_t port = NameServer(*bench.loop, kLoopback, 0, silence).port();
    CHECK(bench.resolve({.servers = {kLoopback}, .server_port = port}, "boot.lan") ==
          "resolve boot.lan: 127.0.0.1: Connection refused");
}

TEST_CASE("a name that does not exist is said with who was asked") {
    Bench bench;
    const NameServer server(*bench.loop, kLoopback, 0, nothing);
    CHECK(bench.resolve({.servers = {kLoopback}, .search = {"lan"}, .server_port = server.port()},
                        "boot") ==
          "resolve boot: no such name, neither boot.lan nor boot (asked 127.0.0.1)");
    CHECK(server.questions() == 2);
}

TEST_CASE("a forged answer is passed over, and the true one behind it is taken") {
    Bench bench;
    std::string last;
    const NameServer server(*bench.loop, kLoopback, 0, [&](const dns::Question& question) {
        // The first answer is for another id; asked again, the server tells the truth.
        dns::Question forged = question;
        if (last.empty()) ++forged.id;
        last = "told";
        return ten(forged);
    });
    CHECK(bench.resolve({.servers = {kLoopback}, .server_port = server.port()}, "boot.lan") ==
          "10.0.0.7 10.0.0.8 ");
    CHECK(server.questions() == 2);
}

TEST_CASE("an address literal needs no server") {
    Bench bench;
    CHECK(bench.resolve({.servers = {}}, "10.0.0.9") == "10.0.0.9 ");
    CHECK(bench.resolve({.servers = {}}, "fd00::9") == "fd00::9 ");
}

TEST_CASE("without a name server there is an error, from the loop") {
    Bench bench;
    CHECK(bench.resolve({.servers = {}}, "boot.lan") ==
          "resolve boot.lan: no name server is known; nameserver= or DHCP option 6 gives one");
}

TEST_CASE("an interface that is gone is the reason") {
    Bench bench;
    CHECK(bench.resolve({.servers = {kLoopback}, .interface_name = "nosuch0"}, "boot.lan") ==
          "resolve boot.lan: 127.0.0.1: No such device");
}

TEST_CASE("a resolver may be destroyed by what it calls") {
    Bench bench;
    const NameServer server(*bench.loop, kLoopback, 0, ten);
    for (const char* const host : {"boot.lan", "10.0.0.9", "bo ot"}) {
        std::unique_ptr<Resolver> resolver;
        resolver = std::make_unique<Resolver>(
            *bench.loop, ResolverOptions{.servers = {kLoopback}, .server_port = server.port()},
            host, [&](const Result<Resolver::Addresses>& result) {
                resolver.reset();
                bench.on_done(result);
            });
        bench.told.clear();
        REQUIRE(bench.loop->run());
        CHECK_FALSE(bench.told.empty());
    }
}

TEST_CASE("a resolver that is called off calls nobody") {
    Bench bench;
    const NameServer server(*bench.loop, kLoopback, 0, ten);
    std::unique_ptr<Resolver> resolver = std::make_unique<Resolver>(
        *bench.loop, ResolverOptions{.servers = {kLoopback}, .server_port = server.port()},
        "boot.lan", [&](const Result<Resolver::Addresses>&) { bench.told = "called"; });
    const auto first = bench.loop->timer([&] { resolver.reset(); });
    first->arm(sys::now());
    CHECK(bench.resolve({.servers = {kLoopback}, .server_port = server.port()}, "a.lan") ==
          "10.0.0.7 10.0.0.8 ");
    CHECK(resolver == nullptr);
}

}  // namespace nbdroot::agent::network
