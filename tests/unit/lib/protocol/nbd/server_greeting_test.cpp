// The server's first words, and what it makes of the client's flags and of broken option headers.
#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/desk.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::client_flags;
using test::Desk;
using test::join;
using test::option;

const Bytes kAck = test::reply(Option::abort, OptionReply::ack);

TEST_CASE("the greeting is NBDMAGIC, IHAVEOPT and both flags, at once", "[H3]") {
    ServerHandshake server;
    CHECK(server.take_output() == test::hex("4e42444d41474943 49484156454f5054 0003"));
    CHECK(server.take_output().empty());
    CHECK_FALSE(server.take_event());
}

TEST_CASE("an unknown client flag closes the connection", "[H5]") {
    const auto flag = GENERATE(0x4u, 0x10000u, 0x80000000u);
    Desk desk;
    desk.receive(client_flags(3 | flag));
    REQUIRE(desk.close_reason);
    CHECK(*desk.close_reason == cat("client flags ", 3 | flag, " contain unknown ones"));
    CHECK(desk.output.empty());
}

TEST_CASE("client flags that arrive byte by byte are understood") {
    Desk desk;
    desk.receive(join({client_flags(), option(Option::abort)}), 1);
    CHECK(desk.close_reason == "");
    CHECK(desk.output == kAck);
}

TEST_CASE("an option without its magic closes the connection", "[H11]") {
    Desk desk;
    desk.receive(join({client_flags(), test::hex("49484156454f5055 00000002 00000000")}));
    CHECK(desk.close_reason == "an option without the magic IHAVEOPT");
    CHECK(desk.output.empty());
}

TEST_CASE("a client without fixed newstyle may send nothing but EXPORT_NAME") {
    const auto sent = GENERATE(Option::go, Option::info, Option::list, Option::abort);
    Desk desk = test::desk_with("", {.size_bytes = 512});
    desk.receive(join({client_flags(kFlagNoZeroes), option(sent, test::query(""))}));
    REQUIRE(desk.close_reason);
    CHECK(desk.close_reason->find("without fixed newstyle") != std::string::npos);
    CHECK(desk.wanted.empty());
    CHECK(desk.output.empty());
}

TEST_CASE("a client that sends options for ever is closed", "[H23]") {
    Desk desk;
    desk.receive(client_flags());
    for (std::uint32_t i = 0; i < kMaximumOptions; ++i) desk.receive(option(Option::starttls));
    CHECK_FALSE(desk.close_reason);
    desk.receive(option(Option::starttls));
    CHECK(desk.close_reason == "more than 1024 options");
}

TEST_CASE("after closing nothing more is consumed or said") {
    Desk desk;
    desk.receive(client_flags(0xffffffff));
    desk.receive(option(Option::list));
    CHECK(desk.rest == option(Option::list));
    CHECK(desk.output.empty());
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
