#include "lib/protocol/dhcp4/client.h"

#include <algorithm>

#include "tests/support/catch.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

constexpr Mac kMac{0x52, 0x54, 0, 0x12, 0x34, 0x56};
constexpr std::uint32_t kServer = 0x0a000202;
constexpr std::uint32_t kAddress = 0x0a00020f;

Instant at(std::int64_t milliseconds) { return Instant(Duration(100'000 + milliseconds)); }

// A client and the messages that pass between it and an invented server.
struct Exchange {
    // RANDOM 0 makes every retry a quarter earlier than its nominal time.
    explicit Exchange(Identity identity = {.mac = kMac, .host_name = "", .client_id = ""})
        : client(std::move(identity), [this] { return random; }) {}

    std::uint32_t random = 0;
    Client client;

    Message sent() {
        const auto output = client.next_output();
        REQUIRE(output);
        const auto message = parse_message(*output);
        REQUIRE(message);
        return *message;
    }
    [[nodiscard]] std::int64_t next_ms() const {
        REQUIRE(client.next_deadline());
        return (*client.next_deadline() - at(0)).count();
    }
    // The answer of type TYPE to REQUEST.
    static Message answer(const Message& request, MessageType type) {
        Message message;
        message.is_reply = true;
        message.transaction = request.transaction;
        message.mac = request.mac;
        message.your_address = kAddress;
        message.add_u8(OptionCode::message_type, static_cast<std::uint8_t>(type));
        message.add_u32(OptionCode::server_identifier, kServer);
        message.add_u32(OptionCode::lease_seconds, 86400);
        message.add_u32(OptionCode::subnet_mask, 0xffffff00);
        return message;
    }
    std::string reason_for(const Message& message, std::int64_t milliseconds = 10) {
        const auto taken = client.on_message(serialize(message), at(milliseconds));
        return taken ? "" : taken.error().reason;
    }
    // As far as requesting; returns the request.
    Message request() {
        client.start(at(0));
        CHECK(reason_for(answer(sent(), MessageType::offer)).empty());
        return sent();
    }
};

std::uint8_t type_of(const Message& message) {
    return message.u8(OptionCode::message_type).value_or(0);
}

}  // namespace

TEST_CASE("discover, offer, request and ack end in a lease") {
    Exchange exchange;
    exchange.client.start(at(0));
    const Message discover = exchange.sent();
    CHECK(type_of(discover) == 1);
    CHECK_FALSE(discover.is_reply);
    CHECK_FALSE(discover.broadcast);
    CHECK(discover.mac == kMac);
    CHECK(exchange.client.state() == State::selecting);
    CHECK_FALSE(exchange.client.next_output());

    CHECK(exchange.reason_for(Exchange::answer(discover, MessageType::offer)).empty());
    CHECK(exchange.client.state() == State::requesting);
    const Message request = exchange.sent();
    CHECK(type_of(request) == 3);
    CHECK(request.transaction == discover.transaction);
    CHECK(request.u32(OptionCode::requested_address) == kAddress);
    CHECK(request.u32(OptionCode::server_identifier) == kServer);
    CHECK(request.client_address == 0);

    CHECK(exchange.reason_for(Exchange::answer(request, MessageType::ack)).empty());
    CHECK(exchange.client.state() == State::bound);
    CHECK(exchange.client.lease().address == kAddress);
    CHECK(exchange.client.lease().lease_seconds == 86400);
    CHECK_FALSE(exchange.client.next_deadline());
    CHECK_FALSE(exchange.client.next_output());
}

TEST_CASE("the options asked for and the identity are in discover and request") {
    Exchange exchange({.mac = kMac, .host_name = "client-1", .client_id = std::string("\0ab", 3)});
    exchange.client.start(at(0));
    const Message discover = exchange.sent();
    exchange.reason_for(Exchange::answer(discover, MessageType::offer));
    for (const Message& message : {discover, exchange.sent()}) {
        CHECK(base::as_text(*message.find(OptionCode::host_name)) == "client-1");
        CHECK(base::as_text(*message.find(OptionCode::client_identifier)) ==
              std::string_view("\0ab", 3));
        CHECK(base::as_text(*message.find(OptionCode::vendor_class)) == "nbdroot");
        const Bytes& wanted = *message.find(OptionCode::parameter_list);
        for (const int code : {1, 3, 6, 12, 15, 17, 26, 28, 42, 51, 54, 58, 59, 119, 121}) {
            CAPTURE(code);
            CHECK(std::find(wanted.begin(), wanted.end(), static_cast<std::byte>(code)) !=
                  wanted.end());
        }
    }
}

TEST_CASE("without host name and client id neither option is sent") {
    Exchange exchange;
    exchange.client.start(at(0));
    const Message discover = exchange.sent();
    CHECK(discover.find(OptionCode::host_name) == nullptr);
    CHECK(discover.find(OptionCode::client_identifier) == nullptr);
}

TEST_CASE("retries come twice soon, then every second, then slower, for ever") {
    Exchange exchange;
    exchange.client.start(at(0));
    const std::uint32_t transaction = exchange.sent().transaction;
    std::vector<std::int64_t> gaps;
    std::int64_t now = 0;
    for (int i = 0; i < 20; ++i) {
        const std::int64_t next = exchange.next_ms();
        gaps.push_back(next - now);
        now = next;
        exchange.client.on_time(at(now));
        const Message again = exchange.sent();
        CHECK(type_of(again) == 1);
        CHECK(again.transaction == transaction);
        CHECK(again.seconds == now / 1000);
    }
    // A quarter early each, with this random number.
    CHECK(gaps == std::vector<std::int64_t>{188, 375, 750, 750, 750, 750,  750,  750,  750,  750,
                                            750, 750, 750, 750, 750, 1500, 3000, 6000, 6000, 6000});
    CHECK(exchange.client.messages_sent() == 21);
}

TEST_CASE("retries are spread by a quarter to both sides") {
    Exchange exchange;
    exchange.random = 124;  // the last value before it goes round
    exchange.client.start(at(0));
    CHECK(exchange.next_ms() == 312);
    exchange.random = 125;
    exchange.client.start(at(0));
    CHECK(exchange.next_ms() == 188);
}

TEST_CASE("nothing is sent before the deadline") {
    Exchange exchange;
    exchange.client.on_time(at(0));
    CHECK_FALSE(exchange.client.next_output());
    exchange.client.start(at(0));
    exchange.sent();
    exchange.client.on_time(at(187));
    CHECK_FALSE(exchange.client.next_output());
}

TEST_CASE("seconds since the start do not wrap") {
    Exchange exchange;
    exchange.client.start(at(0));
    exchange.sent();
    exchange.client.on_time(at(70'000'000));
    CHECK(exchange.sent().seconds == UINT16_MAX);
}

TEST_CASE("an offer that nobody confirms leads back to discover with a new transaction") {
    Exchange exchange;
    exchange.random = 1;
    const std::uint32_t transaction = exchange.request().transaction;
    exchange.random = 2;
    for (int i = 0; i < 5; ++i) {
        exchange.client.on_time(at(exchange.next_ms()));
        CHECK(type_of(exchange.sent()) == 3);
    }
    exchange.client.on_time(at(exchange.next_ms()));
    const Message discover = exchange.sent();
    CHECK(type_of(discover) == 1);
    CHECK(discover.transaction != transaction);
    CHECK(exchange.client.state() == State::selecting);
}

TEST_CASE("a request repeats the seconds of its discover") {
    Exchange exchange;
    exchange.client.start(at(0));
    exchange.sent();
    exchange.client.on_time(at(3'000));
    exchange.reason_for(Exchange::answer(exchange.sent(), MessageType::offer), 5'000);
    CHECK(exchange.sent().seconds == 3);
}

TEST_CASE("a NAK leads back to init and, a while later, to discover") {
    Exchange exchange;
    Message nak = Exchange::answer(exchange.request(), MessageType::nak);
    nak.your_address = 0;
    nak.add(OptionCode::text, base::as_bytes("wrong\nnetwork"));
    CHECK(exchange.reason_for(nak) == "server 10.0.2.2 refused: wrong\\x0anetwork");
    CHECK(exchange.client.state() == State::init);
    CHECK_FALSE(exchange.client.next_output());
    exchange.client.on_time(at(exchange.next_ms()));
    CHECK(type_of(exchange.sent()) == 1);
    CHECK(exchange.client.state() == State::selecting);
}

TEST_CASE("a message for another machine, or of another transaction, is ignored") {
    Exchange exchange;
    exchange.client.start(at(0));
    const Message offer = Exchange::answer(exchange.sent(), MessageType::offer);
    Message other = offer;
    other.mac[5] ^= 1;
    CHECK(exchange.reason_for(other) == "for another machine, 52:54:00:12:34:57");
    other = offer;
    ++other.transaction;
    CHECK(exchange.reason_for(other) == "of another transaction");
    other = offer;
    other.is_reply = false;
    CHECK(exchange.reason_for(other) == "not a reply");
    CHECK(exchange.client.state() == State::selecting);
    CHECK(exchange.reason_for(offer).empty());
}

TEST_CASE("a damaged message is ignored") {
    Exchange exchange;
    exchange.client.start(at(0));
    exchange.sent();
    CHECK_FALSE(exchange.client.on_message({}, at(1)));
    CHECK(exchange.client.state() == State::selecting);
}

TEST_CASE("only an offer that can be used is answered with a request") {
    Exchange exchange;
    exchange.client.start(at(0));
    const Message discover = exchange.sent();
    Message bootp = Exchange::answer(discover, MessageType::offer);
    std::erase_if(bootp.options,
                  [](const Option& option) { return option.code == OptionCode::message_type; });
    CHECK(exchange.reason_for(bootp) == "no message type (plain BOOTP is not spoken)");
    CHECK(exchange.reason_for(Exchange::answer(discover, MessageType::ack)) ==
          "message type 5, expected an offer");
    Message nowhere = Exchange::answer(discover, MessageType::offer);
    nowhere.your_address = 0;
    CHECK(exchange.reason_for(nowhere) == "no machine can have the address 0.0.0.0");
    CHECK(exchange.client.state() == State::selecting);
    CHECK_FALSE(exchange.client.next_output());
}

TEST_CASE("an ACK or NAK of a server that was not asked is ignored") {
    for (const MessageType type : {MessageType::ack, MessageType::nak}) {
        Exchange exchange;
        Message answer = Exchange::answer(exchange.request(), type);
        std::erase_if(answer.options, [](const Option& option) {
            return option.code == OptionCode::server_identifier;
        });
        CHECK(exchange.reason_for(answer) == "from server 0.0.0.0, asked 10.0.2.2");
        answer.add_u32(OptionCode::server_identifier, kServer + 1);
        CHECK(exchange.reason_for(answer) == "from server 10.0.2.3, asked 10.0.2.2");
        CHECK(exchange.client.state() == State::requesting);
    }
}

TEST_CASE("an ACK that cannot be used is ignored, a second offer too") {
    Exchange exchange;
    const Message request = exchange.request();
    Message ack = Exchange::answer(request, MessageType::ack);
    ack.your_address = 0x7f000001;
    CHECK(exchange.reason_for(ack) == "no machine can have the address 127.0.0.1");
    CHECK(exchange.reason_for(Exchange::answer(request, MessageType::offer)) ==
          "message type 2, expected ACK or NAK");
    CHECK(exchange.client.state() == State::requesting);
    CHECK(exchange.client.lease().address == kAddress);
}

TEST_CASE("messages in states that expect none are ignored") {
    Exchange exchange;
    Message early;
    early.is_reply = true;
    early.mac = kMac;
    CHECK(exchange.reason_for(early) == "not expected in state init");
    const Message request = exchange.request();
    const Message ack = Exchange::answer(request, MessageType::ack);
    CHECK(exchange.reason_for(ack).empty());
    CHECK(exchange.reason_for(ack) == "not expected in state bound");
    exchange.client.on_time(at(1'000'000));
    CHECK_FALSE(exchange.client.next_output());
}

TEST_CASE("a link that comes back starts the whole anew") {
    Exchange exchange;
    exchange.random = 1;
    const Message request = exchange.request();
    exchange.reason_for(Exchange::answer(request, MessageType::ack));
    exchange.random = 2;
    exchange.client.start(at(50'000));
    const Message discover = exchange.sent();
    CHECK(type_of(discover) == 1);
    CHECK(discover.seconds == 0);
    CHECK(discover.transaction == 2);
    CHECK(exchange.client.messages_sent() == 1);
    CHECK(exchange.next_ms() == 50'190);
}

}  // namespace nbdroot::protocol::dhcp4
