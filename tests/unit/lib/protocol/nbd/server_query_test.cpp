// GO, INFO and EXPORT_NAME as the server sees them.
#include <string>

#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/desk.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::client_flags;
using test::Desk;
using test::desk_with;
using test::export_item;
using test::info_reply;
using test::join;
using test::option;
using test::query;
using test::reply;
using test::text;

const ExportInfo kPlain = {.size_bytes = 0x1122334455667788, .transmission_flags = 0x0109};
const ExportInfo kFull = {.size_bytes = 4096,
                          .transmission_flags = kTransmitHasFlags,
                          .block_sizes = BlockSizes{1, 4096, kMaximumPayload},
                          .canonical_name = "debian@1234.5678",
                          .description = "Debian 12"};

Bytes ack(Option option) { return reply(option, OptionReply::ack); }

TEST_CASE("the golden bytes of a GO and its answer", "[H24]") {
    Desk desk = desk_with("ab", kPlain);
    desk.receive(test::hex("00000003 49484156454f5054 00000007 00000008 00000002 6162 0000"));
    CHECK(desk.output ==
          test::hex("0003e889045565a9 00000007 00000003 0000000c 0000 1122334455667788 0109"
                    "0003e889045565a9 00000007 00000001 00000000"));
    CHECK(desk.transmits);
}

TEST_CASE("GO leaves the bytes that follow for the transmission phase") {
    const Bytes requests = text("28 bytes of a first request.");
    Desk desk = desk_with("", kPlain);
    desk.receive(join({client_flags(), option(Option::go, query("")), requests}),
                 GENERATE(1u, 5u, 1000u));
    CHECK(desk.transmits);
    CHECK(desk.rest == requests);
}

TEST_CASE("INFO answers like GO and goes on haggling") {
    Desk desk = desk_with("", kPlain);
    desk.receive(
        join({client_flags(), option(Option::info, query("")), option(Option::go, query(""))}),
        GENERATE(1u, 1000u));
    const Bytes item = export_item(kPlain.size_bytes, kPlain.transmission_flags);
    CHECK(desk.output == join({info_reply(item, Option::info), ack(Option::info),
                               info_reply(item, Option::go), ack(Option::go)}));
    CHECK(desk.transmits);
    REQUIRE(desk.wanted.size() == 2);
    CHECK(desk.wanted[0].option == Option::info);
    CHECK(desk.wanted[1].option == Option::go);
}

TEST_CASE("every information item that was asked for and is known is given", "[H42]") {
    Desk desk = desk_with("debian", kFull);
    desk.receive(join(
        {client_flags(),
         option(Option::go, query("debian", {Info::block_size, Info::export_, static_cast<Info>(9),
                                             Info::name, Info::description}))}));
    CHECK(desk.output ==
          join({info_reply(export_item(4096)),
                info_reply(test::string_item(Info::name, "debian@1234.5678")),
                info_reply(test::string_item(Info::description, "Debian 12")),
                info_reply(test::block_size_item(*kFull.block_sizes)), ack(Option::go)}));
}

TEST_CASE("the golden bytes of block sizes") {
    Desk desk = desk_with("", {.size_bytes = 1, .block_sizes = BlockSizes{512, 4096, 0x2000000}});
    desk.receive(join({client_flags(), option(Option::go, query("", {Info::block_size}))}));
    CHECK(desk.output ==
          test::hex("0003e889045565a9 00000007 00000003 0000000c 0000 0000000000000001 0000"
                    "0003e889045565a9 00000007 00000003 0000000e 0003 00000200 00001000 02000000"
                    "0003e889045565a9 00000007 00000001 00000000"));
}

TEST_CASE("what was not asked for is not said") {
    Desk desk = desk_with("debian", kFull);
    desk.receive(join({client_flags(), option(Option::go, query("debian"))}));
    CHECK(desk.output == join({info_reply(export_item(4096)), ack(Option::go)}));
}

TEST_CASE("block sizes narrower than a client may assume are said unasked", "[H28]") {
    const auto sizes = GENERATE(BlockSizes{512, 4096, kMaximumPayload}, BlockSizes{1, 4096, 65536});
    Desk desk = desk_with("", {.size_bytes = 4096, .transmission_flags = 1, .block_sizes = sizes});
    desk.receive(join({client_flags(), option(Option::go, query(""))}));
    CHECK(desk.output == join({info_reply(export_item(4096)),
                               info_reply(test::block_size_item(sizes)), ack(Option::go)}));
}

TEST_CASE("a canonical name that is too long is left out, a description is cut") {
    Desk desk = desk_with("", {.size_bytes = 4096,
                               .transmission_flags = 1,
                               .canonical_name = std::string(kMaximumString + 1, 'n'),
                               .description = std::string(kMaximumString + 1, 'd')});
    desk.receive(
        join({client_flags(), option(Option::go, query("", {Info::name, Info::description}))}));
    CHECK(desk.output ==
          join({info_reply(export_item(4096)),
                info_reply(test::string_item(Info::description, std::string(kMaximumString, 'd'))),
                ack(Option::go)}));
}

TEST_CASE("an unknown export is refused and the client may try another") {
    Desk desk = desk_with("b", kPlain);
    desk.receive(
        join({client_flags(), option(Option::go, query("a")), option(Option::go, query("b"))}));
    CHECK(desk.output ==
          join({reply(Option::go, OptionReply::error_unknown, text("nothing of that name here")),
                info_reply(export_item(kPlain.size_bytes, kPlain.transmission_flags)),
                ack(Option::go)}));
    CHECK(desk.transmits);
}

TEST_CASE("the text of a refusal is cut at the longest string", "[H32]") {
    ServerHandshake server;
    (void)server.take_output();
    (void)server.on_bytes(join({client_flags(), option(Option::go, query(""))}));
    REQUIRE(server.take_event());
    server.refuse_export(OptionReply::error_policy, std::string(5000, 'x'));
    CHECK(server.take_output() ==
          reply(Option::go, OptionReply::error_policy, text(std::string(4096, 'x'))));
}

TEST_CASE("GO whose lengths disagree is invalid and does not end the handshake", "[H30]") {
    const auto [data, words] = GENERATE(table<std::string, std::string>({
        {"000000", "no room for the length of a name"},
        {"00000003 6162", "the name is longer than the option"},
        {"ffffffff 6162 0000", "the name is longer than the option"},
        {"00000002 6162", "no room for the number of information requests"},
        {"00000002 6162 00", "no room for the number of information requests"},
        {"00000002 6162 0001", "the number of information requests does not fit the length"},
        {"00000002 6162 0000 0001", "the number of information requests does not fit the length"},
        {"00000002 6162 ffff 0001", "the number of information requests does not fit the length"},
        {"00000002 6100 0000", "the name is too long or contains a NUL byte"},
    }));
    const auto sent = GENERATE(Option::go, Option::info);
    Desk desk;
    desk.receive(join({client_flags(), option(sent, test::hex(data)), option(Option::abort)}));
    CHECK(desk.output ==
          join({reply(sent, OptionReply::error_invalid, text(words)), ack(Option::abort)}));
    CHECK(desk.wanted.empty());
}

TEST_CASE("the longest export name is accepted, one byte more is not", "[H31]") {
    const std::string longest(kMaximumString, 'n');
    Desk desk = desk_with(longest, kPlain);
    desk.receive(join({client_flags(), option(Option::info, query(longest + "n"))}));
    CHECK(desk.output == reply(Option::info, OptionReply::error_invalid,
                               text("the name is too long or contains a NUL byte")));
    desk.receive(option(Option::go, query(longest)));
    CHECK(desk.transmits);
}

TEST_CASE("the golden bytes of the answer to EXPORT_NAME, with and without zeroes") {
    const auto flags = GENERATE(0u, 1u, 2u, 3u);
    Desk desk = desk_with("ab", kPlain);
    desk.receive(join({client_flags(flags), option(Option::export_name, text("ab")), text("R")}),
                 GENERATE(1u, 1000u));
    Bytes expected = test::hex("1122334455667788 0109");
    if ((flags & kFlagNoZeroes) == 0) expected.resize(expected.size() + 124);
    CHECK(desk.output == expected);
    CHECK(desk.transmits);
    CHECK(desk.rest == text("R"));
}

TEST_CASE("EXPORT_NAME without a name asks for the default export") {
    Desk desk = desk_with("", kPlain);
    desk.receive(join({client_flags(), option(Option::export_name)}));
    CHECK(desk.transmits);
}

TEST_CASE("an unknown name in EXPORT_NAME closes, because no error can be said") {
    Desk desk = desk_with("b", kPlain);
    desk.receive(join({client_flags(), option(Option::export_name, text("a"))}));
    CHECK(desk.close_reason == "nothing of that name here");
    CHECK(desk.output.empty());
}

TEST_CASE("EXPORT_NAME with a name too long or with a NUL byte closes") {
    const auto [name, words] = GENERATE(table<std::string, std::string>(
        {{std::string(4097, 'n'), "an export name of 4097 bytes, above 4096"},
         {std::string("a\0b", 3), "an export name with a NUL byte"}}));
    Desk desk = desk_with("a", kPlain);
    desk.receive(join({client_flags(), option(Option::export_name, text(name))}));
    CHECK(desk.close_reason == words);
    CHECK(desk.wanted.empty());
}

TEST_CASE("while a question is open nothing more is consumed") {
    ServerHandshake server;
    const Bytes first = join({client_flags(), option(Option::info, query("a"))});
    const Bytes both = join({first, option(Option::list)});
    CHECK(server.on_bytes(both) == first.size());
    CHECK(server.on_bytes(ByteView(both).subspan(first.size())) == 0);
    REQUIRE(server.take_event());
    CHECK_FALSE(server.take_event());
    CHECK(server.on_bytes(ByteView(both).subspan(first.size())) == 0);
    server.refuse_export(OptionReply::error_shutdown, "stopping");
    CHECK(server.on_bytes(ByteView(both).subspan(first.size())) == both.size() - first.size());
    const auto event = server.take_event();
    REQUIRE(event);
    CHECK(std::holds_alternative<ServerHandshake::ListWanted>(*event));
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
