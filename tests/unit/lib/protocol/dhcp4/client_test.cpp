#include "lib/protocol/dhcp4/client.h"

#include <algorithm>

#include "tests/unit/lib/protocol/dhcp4/exchange.h"

namespace nbdroot::protocol::dhcp4 {
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

TEST_CASE("retries keep their transaction and tell the seconds") {
    Exchange exchange;
    exchange.client.start(at(0));
    const std::uint32_t transaction = exchange.sent().transaction;
    for (int i = 0; i < 20; ++i) {
        const std::int64_t now = exchange.next_ms();
        exchange.client.on_time(at(now));
        const Message again = exchange.sent();
        CHECK(type_of(again) == 1);
        CHECK(again.transaction == transaction);
        CHECK(again.seconds == now / 1000);
        // Some servers answer only by broadcast, some networks drop broadcasts.
        CHECK(again.broadcast == (i % 2 == 0));
    }
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

TEST_CASE("a NAK of a server that was not asked is ignored") {
    Exchange exchange;
    Message answer = Exchange::answer(exchange.request(), MessageType::nak);
    std::erase_if(answer.options, [](const Option& option) {
        return option.code == OptionCode::server_identifier;
    });
    CHECK(exchange.reason_for(answer) == "from server 0.0.0.0, asked 10.0.2.2");
    answer.add_u32(OptionCode::server_identifier, kServer + 1);
    CHECK(exchange.reason_for(answer) == "from server 10.0.2.3, asked 10.0.2.2");
    CHECK(exchange.client.state() == State::requesting);
}

TEST_CASE("an ACK of another server counts if it grants what was asked for") {
    Exchange exchange;
    const Message request = exchange.request();
    Message ack = Exchange::answer(request, MessageType::ack, kServer + 1);
    ack.your_address = kAddress + 1;
    CHECK(exchange.reason_for(ack) == "from server 10.0.2.3, asked 10.0.2.2");
    ack.your_address = kAddress;
    CHECK(exchange.reason_for(ack).empty());
    CHECK(exchange.client.lease().server == kServer + 1);
}

TEST_CASE("an offer without root-path waits a moment for one that has it") {
    Exchange exchange({.mac = kMac, .prefers_root_path = true});
    exchange.client.start(at(0));
    const Message discover = exchange.sent();
    CHECK(exchange.reason_for(Exchange::answer(discover, MessageType::offer)).empty());
    CHECK(exchange.client.state() == State::selecting);
    CHECK_FALSE(exchange.client.next_output());
    CHECK(exchange.next_ms() == 10 + kOfferPatience.count());
    CHECK(exchange.reason_for(Exchange::answer(discover, MessageType::offer)) ==
          "another offer without root-path");

    SECTION("it comes") {
        Message better = Exchange::answer(discover, MessageType::offer, kServer + 1);
        better.add(OptionCode::root_path, base::as_bytes("nbd://10.0.2.3/"));
        CHECK(exchange.reason_for(better).empty());
        CHECK(exchange.sent().u32(OptionCode::server_identifier) == kServer + 1);
    }
    SECTION("none comes") {
        exchange.client.on_time(at(10 + kOfferPatience.count()));
        const Message request = exchange.sent();
        CHECK(type_of(request) == 3);
        CHECK(request.u32(OptionCode::server_identifier) == kServer);
        CHECK(exchange.client.state() == State::requesting);
    }
}

TEST_CASE("an offer with root-path is taken at once") {
    Exchange exchange({.mac = kMac, .prefers_root_path = true});
    exchange.client.start(at(0));
    Message offer = Exchange::answer(exchange.sent(), MessageType::offer);
    offer.add(OptionCode::root_path, base::as_bytes("nbd://10.0.2.3/"));
    CHECK(exchange.reason_for(offer).empty());
    CHECK(exchange.client.state() == State::requesting);
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
