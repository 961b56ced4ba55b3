// LIST, ABORT, and options that the server does not know or whose data it does not keep.
#include <optional>
#include <string>
#include <vector>

#include "lib/protocol/nbd/handshake_wire.h"
#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/desk.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::client_flags;
using test::Desk;
using test::join;
using test::option;
using test::option_header;
using test::reply;
using test::text;

const Bytes kAbortAck = reply(Option::abort, OptionReply::ack);

TEST_CASE("ABORT is acknowledged and ends the handshake politely") {
    Desk desk;
    desk.receive(join({client_flags(), option(Option::abort)}));
    CHECK(desk.output == test::hex("0003e889045565a9 00000002 00000001 00000000"));
    CHECK(desk.close_reason == "");
}

TEST_CASE("data of ABORT is ignored, as proto.md recommends") {
    Desk desk;
    desk.receive(join({client_flags(), option(Option::abort, text("bye"))}), 2);
    CHECK(desk.output == kAbortAck);
    CHECK(desk.close_reason == "");
}

TEST_CASE("LIST names each export, then acknowledges") {
    Desk desk;
    desk.exports = {{"", {}}, {"debian", {}}};
    desk.receive(join({client_flags(), option(Option::list)}), GENERATE(1u, 7u, 1000u));
    CHECK(desk.output ==
          join({test::listed(""), test::listed("debian"), reply(Option::list, OptionReply::ack)}));
    CHECK_FALSE(desk.close_reason);
}

TEST_CASE("the golden bytes of one listed export", "[H21]") {
    Desk desk;
    desk.exports = {{"ab", {}}};
    desk.receive(join({client_flags(), option(Option::list)}));
    CHECK(desk.output == test::hex("0003e889045565a9 00000003 00000002 00000006 00000002 6162"
                                   "0003e889045565a9 00000003 00000001 00000000"));
}

TEST_CASE("LIST with data is invalid") {
    Desk desk;
    desk.receive(join({client_flags(), option(Option::list, text("x")), option(Option::abort)}));
    CHECK(desk.output ==
          join({reply(Option::list, OptionReply::error_invalid, text("NBD_OPT_LIST takes no data")),
                kAbortAck}));
}

TEST_CASE("a list that policy forbids is refused with its reason") {
    Desk desk;
    desk.list_refusal = Desk::Refusal{OptionReply::error_policy, "not for you"};
    desk.receive(join({client_flags(), option(Option::list), option(Option::abort)}));
    CHECK(desk.output ==
          join({reply(Option::list, OptionReply::error_policy, text("not for you")), kAbortAck}));
}

TEST_CASE("export names that nobody could ask for are left out of the list") {
    Desk desk;
    desk.exports = {{std::string(kMaximumString, 'a'), {}},
                    {std::string(kMaximumString + 1, 'a'), {}},
                    {std::string("b\0c", 3), {}}};
    desk.receive(join({client_flags(), option(Option::list)}));
    CHECK(desk.output == join({test::listed(std::string(kMaximumString, 'a')),
                               reply(Option::list, OptionReply::ack)}));
}

TEST_CASE("unknown options are unsupported and do not disturb the next", "[H15]") {
    const auto [number, words] = GENERATE(
        table<std::uint32_t, std::string>({{4, "option 4 is not supported"},
                                           {5, "this server has no TLS"},
                                           {11, "NBD_OPT_EXTENDED_HEADERS is not supported"},
                                           {0xffffffff, "option 4294967295 is not supported"}}));
    const auto length = GENERATE(std::size_t{0}, std::size_t{5}, std::size_t{70000});
    const auto unknown = static_cast<Option>(number);
    Desk desk;
    desk.receive(join({client_flags(), option(unknown, Bytes(length)), option(Option::abort)}),
                 GENERATE(std::size_t{1000}, std::size_t{1000000}));
    CHECK(desk.output ==
          join({reply(unknown, OptionReply::error_unsupported, text(words)), kAbortAck}));
}

TEST_CASE("a GO too long to be sensible is too big, its data is skipped") {
    const auto sent = GENERATE(Option::go, Option::info);
    Desk desk;
    desk.receive(
        join({client_flags(), option(sent, Bytes(kMaximumOptionData + 1)), option(Option::abort)}),
        100);
    CHECK(desk.output == join({reply(sent, OptionReply::error_too_big,
                                     text("4231 bytes of option data, above 4230")),
                               kAbortAck}));
}

TEST_CASE("option data of 4 GiB closes instead of being skipped") {
    Desk desk;
    desk.receive(join({client_flags(), option_header(Option::extended_headers, UINT32_MAX)}));
    CHECK(desk.close_reason ==
          "NBD_OPT_EXTENDED_HEADERS with 4294967295 bytes of data, above 1048576");
    CHECK(desk.output.empty());
}

TEST_CASE("the longest option data that is skipped is skipped without being kept") {
    Desk desk;
    desk.receive(join({client_flags(), option_header(Option::list, kMaximumSkippedData)}));
    const Bytes piece(kMaximumSkippedData / 16);
    for (int i = 0; i < 16; ++i) {
        CHECK(desk.output.empty());
        desk.receive(piece);
        CHECK(desk.rest.empty());
    }
    CHECK(desk.output ==
          reply(Option::list, OptionReply::error_invalid, text("NBD_OPT_LIST takes no data")));
}

// Answers each LIST in BYTES with so many long names, but takes no output, as a busy session might.
std::optional<ServerHandshake::Event> drive(ServerHandshake& server, ByteView bytes,
                                            std::size_t names = 1) {
    for (;;) {
        bytes = bytes.subspan(server.on_bytes(bytes));
        auto event = server.take_event();
        if (!event || !std::holds_alternative<ServerHandshake::ListWanted>(*event)) return event;
        server.answer_list(std::vector(names, std::string(kMaximumString, 'n')));
    }
}

TEST_CASE("a client that asks on and on without reading is closed before memory runs out",
          "[H36]") {
    ServerHandshake server;
    (void)drive(server, client_flags());
    Bytes options;
    for (int i = 0; i < 100; ++i) ByteWriter(options).bytes(option(Option::list));
    const auto event = drive(server, options);
    REQUIRE(event);
    REQUIRE(std::holds_alternative<ServerHandshake::Closed>(*event));
    CHECK(std::get<ServerHandshake::Closed>(*event).reason ==
          "options without waiting for answers, 264978 bytes of them");
}

TEST_CASE("one answer may be longer than what may wait, if the client waits for it") {
    ServerHandshake server;
    (void)drive(server, client_flags());
    for (int i = 0; i < 3; ++i) {
        CHECK_FALSE(drive(server, option(Option::list), 100));
        CHECK(server.take_output().size() > kMaximumPendingOutput);
    }
}

TEST_CASE("several options in one piece are answered in order") {
    Desk desk;
    desk.receive(join({client_flags(), option(Option::starttls), option(Option::list),
                       option(static_cast<Option>(77)), option(Option::abort)}));
    CHECK(desk.output == join({reply(Option::starttls, OptionReply::error_unsupported,
                                     text("this server has no TLS")),
                               reply(Option::list, OptionReply::ack),
                               reply(static_cast<Option>(77), OptionReply::error_unsupported,
                                     text("option 77 is not supported")),
                               kAbortAck}));
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
