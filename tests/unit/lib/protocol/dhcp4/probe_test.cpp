#include "lib/protocol/arp/arp.h"
#include "tests/unit/lib/protocol/dhcp4/exchange.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

constexpr Mac kOther{2, 0, 0, 0, 0, 1};

// As far as checking.
struct Checking : Exchange {
    Checking() : Exchange({.mac = kMac, .checks_address = true}) {
        bind();
        CHECK(client.state() == State::checking);
    }
};

std::string reason_of(Exchange& exchange, const arp::Packet& packet) {
    const auto taken = exchange.client.on_arp(arp::serialize(packet), at(20));
    return taken ? "" : taken.error().reason;
}

}  // namespace

TEST_CASE("an address that nobody has is taken after three probes") {
    Checking exchange;
    for (unsigned i = 0; i < kProbeLimit; ++i) {
        const Output output = exchange.output();
        CHECK(output.kind == Output::Kind::arp);
        CHECK(arp::parse_packet(output.payload) == arp::probe(kMac, kAddress));
        CHECK(exchange.next_ms() == 10 + (i + 1) * kProbeInterval.count());
        CHECK(exchange.client.state() == State::checking);
        exchange.wait();
    }
    CHECK_FALSE(exchange.client.next_output());
    CHECK(exchange.client.state() == State::bound);
    CHECK(exchange.client.lease().address == kAddress);
    CHECK_FALSE(exchange.client.lease_message().empty());
}

TEST_CASE("an address that somebody has is declined, and after a pause another one asked for") {
    Checking exchange;
    exchange.output();
    CHECK(reason_of(exchange, {.operation = arp::Operation::reply,
                               .sender_mac = kOther,
                               .sender = kAddress,
                               .target_mac = kMac}) ==
          "02:00:00:00:00:01 has it already; declined to server 10.0.2.2");
    CHECK(exchange.client.state() == State::init);
    const Output output = exchange.output();
    CHECK(output.kind == Output::Kind::broadcast);
    const Message decline = Exchange::message_of(output);
    CHECK(type_of(decline) == 4);
    CHECK(decline.client_address == 0);
    CHECK(decline.u32(OptionCode::requested_address) == kAddress);
    CHECK(decline.u32(OptionCode::server_identifier) == kServer);
    CHECK(decline.find(OptionCode::parameter_list) == nullptr);
    CHECK(exchange.next_ms() == 20 + kDeclinePause.count());
    exchange.wait();
    const Message discover = exchange.sent();
    CHECK(type_of(discover) == 1);
    CHECK(discover.find(OptionCode::requested_address) == nullptr);
}

TEST_CASE("after ten conflicts one address a minute is tried") {
    Checking exchange;
    const arp::Packet packet{.sender_mac = kOther, .sender = kAddress};
    std::int64_t now = 10;
    const auto conflict = [&] {
        CHECK_FALSE(exchange.client.on_arp(arp::serialize(packet), at(now)));
        CHECK(type_of(exchange.sent()) == 4);
        const std::int64_t began = std::exchange(now, exchange.next_ms());
        exchange.wait();
        Message offer = Exchange::answer(exchange.sent(), MessageType::offer);
        CHECK(exchange.reason_for(offer, now).empty());
        CHECK(
            exchange.reason_for(Exchange::answer(exchange.sent(), MessageType::ack), now).empty());
        CHECK(exchange.client.state() == State::checking);
        exchange.output();
        return now - began;
    };
    exchange.output();
    for (unsigned i = 1; i < kConflictLimit; ++i) CHECK(conflict() == 10'000);
    CHECK(conflict() == 60'000);
    CHECK(conflict() == 60'000);
    // The address is good, and years later another one is not.
    while (exchange.client.state() == State::checking) exchange.wait();
    exchange.client.start(at(now));
    CHECK(exchange.reason_for(Exchange::answer(exchange.sent(), MessageType::offer), now).empty());
    Message ack = Exchange::answer(exchange.sent(), MessageType::ack);
    ack.your_address = kAddress + 1;
    CHECK(exchange.reason_for(ack, now).empty());
    exchange.output();
    CHECK_FALSE(exchange.client.on_arp(
        arp::serialize({.sender_mac = kOther, .sender = kAddress + 1}), at(now)));
    CHECK(exchange.next_ms() == now + 10'000);
}

TEST_CASE("ARP that does not speak of the address changes nothing") {
    Checking exchange;
    CHECK(reason_of(exchange, {.sender_mac = kOther, .sender = kAddress + 1, .target = kAddress})
              .empty());
    CHECK(reason_of(exchange, arp::probe(kMac, kAddress)).empty());
    CHECK(exchange.client.on_arp({}, at(20)));
    CHECK(exchange.client.state() == State::checking);
}

TEST_CASE("ARP is of no interest without an address to check") {
    Exchange exchange;
    const arp::Packet packet{.sender_mac = kOther, .sender = kAddress};
    CHECK(reason_of(exchange, packet).empty());
    exchange.bind();
    CHECK(reason_of(exchange, packet).empty());
    CHECK(exchange.client.state() == State::bound);
}

TEST_CASE("an address that is renewed needs no probe, a new one does") {
    Checking exchange;
    while (exchange.client.state() == State::checking) exchange.wait();
    exchange.wait();
    const std::int64_t now = exchange.next_ms();
    exchange.output();
    exchange.client.on_time(at(now));
    Message ack = Exchange::answer(exchange.sent(), MessageType::ack);
    SECTION("the same") {
        CHECK(exchange.reason_for(ack, now).empty());
        CHECK(exchange.client.state() == State::bound);
    }
    SECTION("another one") {
        ack.your_address = kAddress + 1;
        CHECK(exchange.reason_for(ack, now).empty());
        CHECK(exchange.client.state() == State::checking);
        CHECK(exchange.client.lease().address == kAddress);
    }
}

}  // namespace nbdroot::protocol::dhcp4
