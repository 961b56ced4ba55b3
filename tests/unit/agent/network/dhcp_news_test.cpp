#include "agent/network/dhcp_news.h"

#include "lib/base/text.h"
#include "tests/unit/lib/protocol/dhcp4/exchange.h"

namespace nbdroot::agent::network {
namespace {

using protocol::dhcp4::at;
using protocol::dhcp4::Exchange;
using protocol::dhcp4::kAddress;
using protocol::dhcp4::kServer;
using protocol::dhcp4::Lease;
using protocol::dhcp4::MessageType;
using protocol::dhcp4::State;

const Lease kLease{.address = kAddress,
                   .server = kServer,
                   .lease_seconds = 1000,
                   .renewal_seconds = 500,
                   .rebinding_seconds = 800};

struct Told : Exchange {
    Told() {
        Lease lease = kLease;
        lease.since = at(0);
        client.resume(lease, at(0));
    }
    // What is said of the next step, at SECONDS.
    std::string step(int seconds, std::string_view trouble = "") {
        const State before = client.state();
        client.on_time(at(seconds * 1000LL));
        return text(before, trouble, seconds);
    }
    std::string text(State before, std::string_view trouble, int seconds) {
        const auto news = news_of(client, before, trouble, at(seconds * 1000LL));
        if (!news) return "";
        return cat(news->level == Level::warning ? "warning: " : "info: ", news->text);
    }
};

}  // namespace

TEST_CASE("a server that does not renew is a warning long before the lease ends") {
    Told told;
    CHECK(told.step(500).empty());
    CHECK(told.step(800) ==
          "warning: server 10.0.2.2 does not renew the lease of 10.0.2.15, 200 s left; asking "
          "every server");
    CHECK(told.step(990).empty());
    CHECK(told.step(1000) ==
          "warning: the lease of 10.0.2.15 has ended; asking for another, the "
          "address stays meanwhile");
}

TEST_CASE("what is left of a long lease is said in minutes") {
    Told told;
    told.client.resume({.address = kAddress,
                        .server = kServer,
                        .lease_seconds = 86400,
                        .renewal_seconds = 43200,
                        .rebinding_seconds = 75600,
                        .since = at(0)},
                       at(0));
    CHECK(told.step(75600) ==
          "warning: server 10.0.2.2 does not renew the lease of 10.0.2.15, 180 min left; asking "
          "every server");
}

TEST_CASE("why a lease could not be renewed is said with it") {
    Told told;
    told.step(500);
    CHECK(told.step(999, "send to 10.0.2.2:67: Network is unreachable") ==
          "warning: server 10.0.2.2 does not renew the lease of 10.0.2.15 (send to 10.0.2.2:67: "
          "Network is unreachable), 1 s left; asking every server");
}

TEST_CASE("after that warning it is said that the lease is good again") {
    Told told;
    told.step(800);
    const State before = told.client.state();
    const auto ack = Told::answer(told.sent(), MessageType::ack, kServer + 1);
    REQUIRE(told.reason_for(ack, 800'100).empty());
    CHECK(told.text(before, "", 801) ==
          "info: the lease of 10.0.2.15 is good again, server 10.0.2.3");
}

TEST_CASE("a lease that is renewed in time is no news") {
    Told told;
    told.step(500);
    const State before = told.client.state();
    REQUIRE(told.reason_for(Told::answer(told.sent(), MessageType::ack), 500'100).empty());
    CHECK(told.text(before, "", 501).empty());
}

TEST_CASE("the status of a client that has a lease does not count messages") {
    Told told;
    CHECK(status_of(told.client) == "lease of 10.0.2.15, bound");
    told.step(500);
    CHECK(status_of(told.client) == "lease of 10.0.2.15, renewing");
}

TEST_CASE("the status of a client without a lease says what has no answer") {
    Exchange exchange;
    exchange.client.start(at(0));
    CHECK(status_of(exchange.client) == "no DHCP answer, 1 message sent");
    CHECK(exchange.reason_for(Exchange::answer(exchange.sent(), MessageType::offer)).empty());
    CHECK(status_of(exchange.client) == "no DHCP answer to the request, 2 messages sent");
}

}  // namespace nbdroot::agent::network
