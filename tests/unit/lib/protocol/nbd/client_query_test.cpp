// The answers to GO, INFO and EXPORT_NAME as the client reads them.
#include <string>

#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/client_support.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::client;
using test::client_after;
using test::client_flags;
using test::export_item;
using test::feed;
using test::Goal;
using test::greeting;
using test::hex;
using test::info_reply;
using test::is_in_progress;
using test::join;
using test::option;
using test::query;
using test::ready;
using test::reason;
using test::reply;
using test::text;

const Bytes kGoAck = reply(Option::go, OptionReply::ack);
const Bytes kAbort = hex("49484156454f5054 00000002 00000000");

TEST_CASE("the golden bytes of an accepted GO") {
    ClientHandshake machine = client_after(
        join({greeting(),
              hex("0003e889045565a9 00000007 00000003 0000000c 0000 0000000040000000 012d"
                  "0003e889045565a9 00000007 00000003 0000000e 0003 00000001 00001000 02000000"
                  "0003e889045565a9 00000007 00000003 00000005 0001 6c6f6c"
                  "0003e889045565a9 00000007 00000001 00000000")}),
        GENERATE(1u, 7u, 1000u));
    CHECK(ready(machine) == ExportInfo{.size_bytes = std::uint64_t{1} << 30,
                                       .transmission_flags = 0x12d,
                                       .block_sizes = BlockSizes{1, 4096, kMaximumPayload},
                                       .canonical_name = "lol"});
}

TEST_CASE("after Ready nothing is sent and later bytes are left alone") {
    ClientHandshake machine = client_after(greeting());
    (void)machine.take_output();
    feed(machine, join({info_reply(export_item(512)), kGoAck}));
    CHECK(machine.take_output().empty());
    feed(machine, text("a reply of the transmission phase"));
    CHECK(ready(machine).size_bytes == 512);
}

TEST_CASE("bytes behind the ACK of GO are a protocol error") {
    const ClientHandshake machine =
        client_after(join({greeting(), info_reply(export_item(512)), kGoAck, text("12345")}));
    CHECK(reason(machine) == "the server sent 5 bytes that nobody asked for");
}

// A client with the decoy "no" for GO "ab", that has read the greeting.
ClientHandshake with_decoy() {
    ClientHandshake machine({.export_name = "ab", .decoy_name = "no"});
    feed(machine, greeting());
    return machine;
}

TEST_CASE("the decoy is asked for first, and its refusal leads to GO") {
    const auto refusal = GENERATE(OptionReply::error_unknown, OptionReply::error_unsupported);
    ClientHandshake machine = with_decoy();
    CHECK(machine.take_output() ==
          join({client_flags(), option(Option::info, query("no", {Info::name, Info::description,
                                                                  Info::block_size}))}));
    feed(machine, reply(Option::info, refusal, text("no such export")), GENERATE(1u, 1000u));
    CHECK(machine.take_output() ==
          option(Option::go, query("ab", {Info::name, Info::description, Info::block_size})));
    feed(machine, join({info_reply(export_item(512)), kGoAck}));
    CHECK(ready(machine).size_bytes == 512);
}

TEST_CASE("a server that takes the decoy is refused politely") {
    ClientHandshake machine = with_decoy();
    (void)machine.take_output();
    feed(machine, GENERATE(info_reply(export_item(512), Option::info),
                           reply(Option::info, OptionReply::ack)));
    CHECK(reason(machine) ==
          "the server takes any export name, which does not prove what it serves");
    CHECK(machine.take_output() == kAbort);
}

TEST_CASE("INFO gives the same and says good-bye with ABORT") {
    ClientHandshake machine = client(Goal::info, "ab");
    feed(machine, greeting());
    CHECK(machine.take_output() ==
          hex("00000003 49484156454f5054 00000006 0000000e 00000002 6162 0003 0001 0002 0003"));
    feed(machine,
         join({info_reply(export_item(0), Option::info), reply(Option::info, OptionReply::ack)}));
    CHECK(ready(machine).size_bytes == 0);
    CHECK(machine.take_output() == kAbort);
}

TEST_CASE("a GO that an old server does not know is followed by EXPORT_NAME") {
    ClientHandshake machine = client(Goal::transmit, "ab");
    feed(machine, greeting());
    (void)machine.take_output();
    feed(machine, reply(Option::go, OptionReply::error_unsupported, text("what is GO")));
    CHECK(machine.take_output() == hex("49484156454f5054 00000001 00000002 6162"));
    feed(machine, hex("0000000000100000 0003"), GENERATE(1u, 1000u));
    CHECK(ready(machine) == ExportInfo{.size_bytes = 1 << 20, .transmission_flags = 3});
}

TEST_CASE("without NO_ZEROES the answer to EXPORT_NAME ends after 124 zero bytes") {
    const bool fixed = GENERATE(false, true);
    ClientHandshake machine = client_after(greeting(fixed ? kFlagFixedNewstyle : 0));
    if (fixed) feed(machine, reply(Option::go, OptionReply::error_unsupported));
    feed(machine, join({hex("0000000000100000 0003"), Bytes(123)}), GENERATE(1u, 1000u));
    CHECK(is_in_progress(machine));
    feed(machine, Bytes(1));
    CHECK(ready(machine) == ExportInfo{.size_bytes = 1 << 20, .transmission_flags = 3});
}

TEST_CASE("INFO that an old server does not know is refused politely") {
    ClientHandshake machine = client(Goal::info);
    feed(machine, greeting());
    (void)machine.take_output();
    feed(machine, reply(Option::info, OptionReply::error_unsupported));
    CHECK(reason(machine) == "NBD_OPT_INFO: the server does not know this option");
    CHECK(machine.take_output() == kAbort);
}

TEST_CASE("errors that no list can help are refused politely, with the server's words") {
    const auto [kind, words] = GENERATE(table<OptionReply, std::string>({
        {OptionReply::error_invalid, "the server calls the request invalid"},
        {OptionReply::error_platform, "the server's platform cannot do it"},
        {OptionReply::error_tls_required,
         "the server insists on TLS, which this build does not have yet"},
        {OptionReply::error_shutdown, "the server is shutting down"},
        {OptionReply::error_block_size_required,
         "the server insists on its block sizes although they were asked for"},
        {OptionReply::error_too_big, "the server calls the request too big"},
        {static_cast<OptionReply>(0x80000063), "the server gave error reply 99"},
    }));
    ClientHandshake machine = client_after(greeting());
    (void)machine.take_output();
    feed(machine, reply(Option::go, kind, text("so\nthere")));
    CHECK(reason(machine) == words + " (it says: so\\x0athere)");
    CHECK(machine.take_output() == kAbort);
    CHECK_FALSE(test::refused(machine).list_was_answered);
}

TEST_CASE("an export of 0 bytes is refused with a disconnect") {
    ClientHandshake machine = client_after(greeting());
    (void)machine.take_output();
    feed(machine, join({info_reply(export_item(0)), kGoAck}));
    CHECK(reason(machine) == "the export has a size of 0 bytes");
    CHECK(machine.take_output() ==
          hex("25609513 0000 0002 0000000000000000 0000000000000000 00000000"));
}

TEST_CASE("broken replies to GO end the handshake without another word") {
    const auto [said, words] = GENERATE(table<Bytes, std::string>({
        {hex("0003e889045565aa 00000007 00000001 00000000"),
         "the reply to NBD_OPT_GO has a wrong magic"},
        {reply(Option::info, OptionReply::ack),
         "the reply to NBD_OPT_GO claims to be for NBD_OPT_INFO"},
        {reply(static_cast<Option>(99), OptionReply::ack),
         "the reply to NBD_OPT_GO claims to be for option 99"},
        {reply(Option::go, OptionReply::ack, hex("00")),
         "the reply to NBD_OPT_GO announces 1 bytes of data, above 0"},
        {hex("0003e889045565a9 00000007 00000003 00002005"),
         "the reply to NBD_OPT_GO announces 8197 bytes of data, above 8196"},
        {hex("0003e889045565a9 00000007 80000006 ffffffff"),
         "the reply to NBD_OPT_GO announces 4294967295 bytes of data, above 8196"},
        {reply(Option::go, OptionReply::server, hex("00000000")),
         "a reply of type 2 to NBD_OPT_GO"},
        {reply(Option::go, static_cast<OptionReply>(4)), "a reply of type 4 to NBD_OPT_GO"},
        {info_reply(hex("00")), "an item of fewer than 2 bytes"},
        {kGoAck, "no NBD_INFO_EXPORT before the end"},
        {join({info_reply(export_item(std::uint64_t{1} << 63)), kGoAck}),
         "a size of 9223372036854775808 bytes, above 2^63 - 1"},
    }));
    ClientHandshake machine = client_after(greeting());
    (void)machine.take_output();
    feed(machine, said, GENERATE(1u, 1000u));
    CHECK(reason(machine) == words);
    CHECK(machine.take_output().empty());
}

TEST_CASE("endless INFO replies are cut off") {
    ClientHandshake machine = client_after(greeting());
    for (int i = 0; i < 64; ++i) feed(machine, info_reply(hex("0099")));
    CHECK(is_in_progress(machine));
    feed(machine, info_reply(hex("0099")));
    CHECK(reason(machine) == "more than 64 replies to NBD_OPT_GO");
}

TEST_CASE("a size in the answer to EXPORT_NAME that no device can have is refused") {
    ClientHandshake machine = client_after(greeting(kFlagNoZeroes));
    feed(machine, hex("8000000000000000 0001"));
    CHECK(reason(machine) == "a size of 9223372036854775808 bytes, above 2^63 - 1");
}

TEST_CASE("a size of 0 in the answer to EXPORT_NAME is refused") {
    ClientHandshake machine = client_after(greeting(kFlagNoZeroes));
    feed(machine, hex("0000000000000000 0001"));
    CHECK(reason(machine) == "the export has a size of 0 bytes");
}

TEST_CASE("bytes behind the answer to EXPORT_NAME are a protocol error") {
    ClientHandshake machine = client_after(greeting(kFlagNoZeroes));
    feed(machine, join({hex("0000000000100000 0001"), Bytes(124)}));
    CHECK(reason(machine) == "the server sent 124 bytes that nobody asked for");
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
