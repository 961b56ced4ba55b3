// The client's end of a service connection, with servers that say no or nothing.
#include "agent/service/connection.h"

#include <poll.h>

#include <array>
#include <cerrno>
#include <thread>
#include <vector>

#include "lib/protocol/nbd/transmission.h"
#include "lib/protocol/service/service_name.h"
#include "lib/sys/listener.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

using namespace nbdroot;
using namespace nbdroot::agent::service;
using protocol::nbd::Info;
using protocol::nbd::Option;
using protocol::nbd::OptionReply;
namespace test = protocol::nbd::test;

namespace {

constexpr int kDeadlineMs = 10'000;
constexpr Limits kShort{.silence = Duration(50)};
constexpr const char* kSubject = "disk";

// Says something once it has heard so many bytes.
struct Step {
    std::size_t hears = 0;
    Bytes says{};
};
using Script = std::vector<Step>;  // of one connection; at its end it waits for the client's

// Answers one client after the other.
class Player {
public:
    explicit Player(std::vector<Script> scripts)
        : listener_(std::move(*sys::listen_tcp("127.0.0.1", 0))),
          thread_([this, scripts = std::move(scripts)] {
              for (const Script& script : scripts) play(script);
          }) {}
    ~Player() { thread_.join(); }
    Player(const Player&) = delete;
    Player& operator=(const Player&) = delete;

    [[nodiscard]] Server server() const {
        const std::uint16_t port = *sys::local_port(listener_.get());
        return {.address = sys::make_socket_address(0x7f000001, port),
                .text = "the server",
                .subject = kSubject};
    }

private:
    static bool wait_for(int fd) {
        pollfd wait{.fd = fd, .events = POLLIN, .revents = 0};
        return ::poll(&wait, 1, kDeadlineMs) > 0;
    }

    // False: the client has left.
    static bool hear(int fd, std::size_t count) {
        std::array<std::byte, 4096> buffer;
        while (count > 0 && wait_for(fd)) {
            const auto got =
                sys::receive_some(fd, ByteSpan(buffer).first(std::min(count, buffer.size())), "");
            if (!got || *got == 0U) return false;
            count -= got->value_or(0);
        }
        return count == 0;
    }

    void play(const Script& script) {
        if (!wait_for(listener_.get())) return;
        const auto client = sys::accept_client(listener_.get());
        if (!client || !*client) return;
        const int fd = (*client)->fd.get();
        for (const Step& step : script) {
            if (!hear(fd, step.hears)) return;
            (void)sys::send_some(fd, step.says, "");
        }
        if (!script.empty()) (void)hear(fd, SIZE_MAX);
    }

    sys::Fd listener_;
    std::thread thread_;
};

Bytes bytes_of(const auto& wire) {
    Bytes bytes;
    ByteWriter(bytes).value(wire);
    return bytes;
}

// What the client says until it has asked for the window.
std::size_t question() {
    const std::string name = protocol::service::reserved_name(kSubject);
    return test::client_flags().size() +
           test::option(Option::info,
                        test::query(name, {Info::name, Info::description, Info::block_size}))
               .size();
}

Script refusing(OptionReply reply, std::string_view text) {
    return {{0, test::greeting()},
            {question(), test::reply(Option::info, reply, test::text(text))},
            {0, test::reply(Option::list, OptionReply::ack)}};
}

Script accepting(Option option) {
    return {
        {0, test::greeting()},
        {question(),
         test::join({test::info_reply(test::export_item(protocol::service::kWindowBytes), option),
                     test::reply(option, OptionReply::ack)})}};
}

Bytes simple_reply(std::uint64_t cookie) {
    return bytes_of(protocol::nbd::encode(protocol::nbd::SimpleReply{.cookie = cookie}));
}

}  // namespace

TEST_CASE("a server that knows the export and says no is not one that lacks this") {
    const auto [reply, text, code] = GENERATE(table<OptionReply, const char*, int>({
        {OptionReply::error_unknown, "unknown export", kNotSupported},
        {OptionReply::error_unsupported, "", kNotSupported},
        {OptionReply::error_invalid, "", kNotSupported},
        {OptionReply::error_policy, "not for clients from there", kRefused},
        {OptionReply::error_policy, "try again is what it does not say", kRefused},
        {OptionReply::error_policy, "all are in use; try again", kBusy},
        {OptionReply::error_shutdown, "", kBusy},
    }));
    const Player player({refusing(reply, text)});
    const auto connection = Connection::open(player.server());
    REQUIRE_FALSE(connection);
    const Error& error = connection.error();
    INFO(error.message());
    CHECK(error.code == code);
    CHECK(error.reason.find(text) != std::string::npos);
    CHECK((error.reason.find("not supported by this server") != std::string::npos) ==
          (code == kNotSupported));
}

TEST_CASE("a server without a greeting is given up") {
    const Player player({Script{Step{}}});
    const auto connection = Connection::open(player.server(), kShort);
    REQUIRE_FALSE(connection);
    CHECK(connection.error().message() == "receive the server: no answer in time");
    CHECK(connection.error().code == ETIMEDOUT);
}

TEST_CASE("a server that closes before its greeting may be any") {
    const Player player({Script{}});
    const auto connection = Connection::open(player.server());
    REQUIRE_FALSE(connection);
    CHECK(connection.error().reason == "the server closed the connection before its greeting");
    CHECK(connection.error().code == 0);
}

TEST_CASE("a server that takes a request and never answers it is given up") {
    Script second = accepting(Option::go);
    constexpr std::size_t kRequestBytes = sizeof(protocol::nbd::RequestWire);
    second.push_back({kRequestBytes, test::join({simple_reply(1),
                                                 bytes_of(encode(protocol::service::Header{}))})});
    second.push_back({kRequestBytes, simple_reply(2)});
    const Player player({accepting(Option::info), second});
    auto connection = Connection::open(player.server(), kShort);
    REQUIRE(connection);
    const auto answer = connection->ask(protocol::service::Words{{"status"}});
    REQUIRE_FALSE(answer);
    CHECK(answer.error().message() == "receive the server: no answer in time");
}
