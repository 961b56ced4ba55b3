#include "lib/protocol/dhcp4/client.h"
#include "lib/protocol/dhcp4/schedule.h"
#include "tests/unit/lib/protocol/dhcp4/exchange.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

constexpr std::int64_t kAskedAt = 10;  // Exchange::bind()
constexpr std::int64_t kT1 = kAskedAt + kLeaseSeconds * 500LL;
constexpr std::int64_t kT2 = kAskedAt + kLeaseSeconds * 875LL;
constexpr std::int64_t kEnd = kAskedAt + kLeaseSeconds * 1000LL;

// As far as rebinding, at T2.
Message rebind(Exchange& exchange) {
    exchange.bind();
    exchange.client.on_time(at(kT2));
    return exchange.sent();
}

}  // namespace

TEST_CASE("at T1 the lease's server is asked, from the address, by unicast") {
    Exchange exchange;
    exchange.bind();
    CHECK(exchange.next_ms() == kT1);
    exchange.client.on_time(at(kT1 - 1));
    CHECK_FALSE(exchange.client.next_output());
    exchange.wait();
    CHECK(exchange.client.state() == State::renewing);
    const Output output = exchange.output();
    CHECK(output.kind == Output::Kind::unicast);
    CHECK(output.source == kAddress);
    CHECK(output.destination == kServer);
    const Message request = Exchange::message_of(output);
    CHECK(type_of(request) == 3);
    CHECK(request.client_address == kAddress);
    CHECK_FALSE(request.broadcast);
    CHECK(request.seconds == 0);
    // RFC 2131 section 4.3.2: neither of them while renewing.
    CHECK(request.find(OptionCode::requested_address) == nullptr);
    CHECK(request.find(OptionCode::server_identifier) == nullptr);
}

TEST_CASE("a renewed lease counts from the request") {
    Exchange exchange;
    exchange.bind();
    exchange.wait();
    const Message ack = Exchange::answer(exchange.sent(), MessageType::ack);
    CHECK(exchange.reason_for(ack, kT1 + 300).empty());
    CHECK(exchange.client.state() == State::bound);
    CHECK(exchange.client.lease().since == at(kT1));
    CHECK(exchange.next_ms() == kT1 + kT1 - kAskedAt);
    CHECK(parse_message(exchange.client.lease_message()) == ack);
    CHECK(exchange.client.messages_sent() == 0);
}

TEST_CASE("a renewal without answer is tried again after half of the time to T2") {
    Exchange exchange;
    exchange.bind();
    exchange.wait();
    exchange.sent();
    std::int64_t now = kT1;
    for (int i = 0; i < 3; ++i) {
        CHECK(exchange.next_ms() == now + (kT2 - now) / 2);
        now = exchange.next_ms();
        exchange.wait();
        CHECK(exchange.output().kind == Output::Kind::unicast);
    }
}

TEST_CASE("at T2 every server is asked, from the address, by broadcast") {
    Exchange exchange;
    exchange.bind();
    exchange.client.on_time(at(kT1));
    exchange.sent();
    exchange.client.on_time(at(kT2));
    CHECK(exchange.client.state() == State::rebinding);
    const Output output = exchange.output();
    CHECK(output.kind == Output::Kind::broadcast);
    CHECK(output.source == kAddress);
    const Message request = Exchange::message_of(output);
    CHECK(request.client_address == kAddress);
    CHECK(request.find(OptionCode::server_identifier) == nullptr);
    CHECK(request.seconds == (kT2 - kT1) / 1000);
    CHECK(
        exchange.reason_for(Exchange::answer(request, MessageType::ack, kServer + 1), kT2).empty());
    CHECK(exchange.client.lease().server == kServer + 1);
}

TEST_CASE("a server that was asleep answers several requests, and the last one counts") {
    Exchange exchange;
    const Message first = rebind(exchange);
    exchange.random = 7;
    exchange.wait();
    const Message second = exchange.sent();
    CHECK(exchange.reason_for(Exchange::answer(first, MessageType::ack), kEnd - 1) ==
          "of another transaction");
    CHECK(exchange.reason_for(Exchange::answer(second, MessageType::ack), kEnd - 1).empty());
    CHECK(exchange.client.state() == State::bound);
}

TEST_CASE("a lease renewed after hours without an answer counts from the request answered") {
    Exchange exchange;
    exchange.bind();
    std::int64_t asked = 0;
    for (int i = 0; i < 4; ++i) {
        asked = exchange.next_ms();
        exchange.random = static_cast<std::uint32_t>(i);
        exchange.wait();
    }
    constexpr std::uint32_t kShorterSeconds = 3600;  // than the outage
    Message ack = Exchange::answer(exchange.sent(), MessageType::ack);
    std::erase_if(ack.options,
                  [](const Option& option) { return option.code == OptionCode::lease_seconds; });
    ack.add_u32(OptionCode::lease_seconds, kShorterSeconds);
    exchange.random = 0;
    CHECK(exchange.reason_for(ack, asked + 100).empty());
    CHECK(exchange.client.lease().since == at(asked));
    CHECK(exchange.next_ms() == asked + kShorterSeconds * 500LL);
}

TEST_CASE("a lease that ends leads to discover, with the address as a wish") {
    Exchange exchange;
    rebind(exchange);
    exchange.client.on_time(at(kEnd));
    CHECK(exchange.client.state() == State::selecting);
    const Output output = exchange.output();
    CHECK(output.kind == Output::Kind::broadcast);
    CHECK(output.source == 0);
    const Message discover = Exchange::message_of(output);
    CHECK(type_of(discover) == 1);
    CHECK(discover.client_address == 0);
    CHECK(discover.seconds == 0);
    CHECK(discover.u32(OptionCode::requested_address) == kAddress);
    // Whoever uses the address still may look.
    CHECK(exchange.client.lease().address == kAddress);
}

TEST_CASE("a NAK while renewing leads to discover soon, without the address") {
    Exchange exchange;
    exchange.bind();
    exchange.wait();
    const Message nak = Exchange::answer(exchange.sent(), MessageType::nak);
    CHECK(exchange.reason_for(nak, kT1) == "server 10.0.2.2 refused");
    CHECK(exchange.client.state() == State::init);
    CHECK(exchange.next_ms() < kT1 + 1'000);
    exchange.wait();
    const Message discover = exchange.sent();
    CHECK(type_of(discover) == 1);
    CHECK(discover.find(OptionCode::requested_address) == nullptr);
}

TEST_CASE("a NAK of another server is ignored while renewing, but not while rebinding") {
    Exchange exchange;
    exchange.bind();
    exchange.wait();
    const Message nak = Exchange::answer(exchange.sent(), MessageType::nak, kServer + 1);
    CHECK(exchange.reason_for(nak, kT1) == "from server 10.0.2.3, asked 10.0.2.2");
    CHECK(exchange.client.state() == State::renewing);
    exchange.client.on_time(at(kT2));
    const Message second = Exchange::answer(exchange.sent(), MessageType::nak, kServer + 1);
    CHECK(exchange.reason_for(second, kT2) == "server 10.0.2.3 refused");
    CHECK(exchange.client.state() == State::init);
}

TEST_CASE("a renewal that cannot be used, or is none, changes nothing") {
    Exchange exchange;
    exchange.bind();
    exchange.wait();
    const Message request = exchange.sent();
    Message ack = Exchange::answer(request, MessageType::ack);
    ack.your_address = 0;
    CHECK(exchange.reason_for(ack, kT1) == "no machine can have the address 0.0.0.0");
    CHECK(exchange.reason_for(Exchange::answer(request, MessageType::offer), kT1) ==
          "message type 2, expected ACK or NAK");
    CHECK(exchange.client.state() == State::renewing);
    CHECK(exchange.client.lease().since == at(kAskedAt));
}

TEST_CASE("a server may renew with another address") {
    Exchange exchange;
    exchange.bind();
    exchange.wait();
    Message ack = Exchange::answer(exchange.sent(), MessageType::ack);
    ack.your_address = kAddress + 1;
    CHECK(exchange.reason_for(ack, kT1).empty());
    CHECK(exchange.client.lease().address == kAddress + 1);
}

TEST_CASE("a machine that slept through T1, T2 or the end goes on where it is then") {
    Exchange exchange;
    exchange.bind();
    SECTION("T2") {
        exchange.client.on_time(at(kT2));
        CHECK(exchange.client.state() == State::rebinding);
    }
    SECTION("the end") {
        exchange.client.on_time(at(kEnd + 1'000'000));
        CHECK(exchange.client.state() == State::selecting);
    }
}

TEST_CASE("a lease for ever is never renewed") {
    Exchange exchange;
    Message ack = Exchange::answer(exchange.request(), MessageType::ack);
    std::erase_if(ack.options,
                  [](const Option& option) { return option.code == OptionCode::lease_seconds; });
    ack.add_u32(OptionCode::lease_seconds, kForEver);
    CHECK(exchange.reason_for(ack).empty());
    CHECK_FALSE(exchange.client.next_deadline());
}

TEST_CASE("a lease of one second does not make the client spin") {
    Exchange exchange;
    exchange.client.start(at(0));
    int sent = 0;
    std::int64_t now = 0;
    for (; now < 60'000; now = exchange.next_ms()) {
        exchange.client.on_time(at(now));
        while (const auto output = exchange.client.next_output()) {
            ++sent;
            const Message message = Exchange::message_of(*output);
            const auto type = type_of(message) == 1 ? MessageType::offer : MessageType::ack;
            Message answer = Exchange::answer(message, type);
            std::erase_if(answer.options, [](const Option& option) {
                return option.code == OptionCode::lease_seconds;
            });
            answer.add_u32(OptionCode::lease_seconds, 1);
            CHECK(exchange.reason_for(answer, now).empty());
        }
    }
    CHECK(sent > 60);
    CHECK(sent <= 122);
}

TEST_CASE("a lease that is taken over is renewed as if it had been here ever since") {
    Exchange exchange;
    const Lease lease{.address = kAddress,
                      .server = kServer,
                      .lease_seconds = 1000,
                      .renewal_seconds = 500,
                      .rebinding_seconds = 875,
                      .since = at(0)};
    SECTION("before T1") {
        exchange.client.resume(lease, at(100'000));
        CHECK(exchange.client.state() == State::bound);
        CHECK(exchange.next_ms() == 500'000);
    }
    SECTION("behind T1") {
        exchange.client.resume(lease, at(600'000));
        CHECK(exchange.next_ms() == 601'000);
        exchange.wait();
        CHECK(exchange.client.state() == State::renewing);
    }
    SECTION("behind the end") {
        exchange.client.resume(lease, at(9'000'000));
        exchange.wait();
        CHECK(exchange.client.state() == State::selecting);
        CHECK(exchange.sent().u32(OptionCode::requested_address) == kAddress);
    }
    CHECK(exchange.client.lease_message().empty());
}

TEST_CASE("a lease that is taken over wins over an offer that was there before") {
    Exchange exchange({.mac = kMac, .prefers_root_path = true});
    exchange.client.start(at(0));
    CHECK(exchange.reason_for(Exchange::answer(exchange.sent(), MessageType::offer)).empty());
    CHECK(exchange.client.state() == State::selecting);
    exchange.client.resume({.address = kAddress + 5,
                            .server = kServer,
                            .lease_seconds = 1000,
                            .renewal_seconds = 500,
                            .rebinding_seconds = 875,
                            .since = at(0)},
                           at(20));
    CHECK(exchange.client.lease().address == kAddress + 5);
    exchange.wait();
    CHECK(exchange.sent().client_address == kAddress + 5);
}

TEST_CASE("renewals of machines switched on together drift apart") {
    Exchange exchange;
    exchange.random = UINT32_MAX;
    exchange.bind();
    const std::int64_t begins = exchange.next_ms();
    CHECK(begins < kT1);
    CHECK(begins >= kAskedAt + (kT1 - kAskedAt) * 7 / 8);
}

}  // namespace nbdroot::protocol::dhcp4
