// STRUCTURED_REPLY, LIST_META_CONTEXT and SET_META_CONTEXT, and what they mean for GO.
#include <string>

#include "lib/protocol/nbd/handshake_wire.h"
#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/desk.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::client_flags;
using test::context_query;
using test::Desk;
using test::hex;
using test::join;
using test::option;
using test::option_header;
using test::query;
using test::reply;
using test::text;

const ExportInfo kDisk{.size_bytes = 4096, .transmission_flags = kTransmitHasFlags};
constexpr std::uint16_t kDiskFlags = kTransmitHasFlags;
const Bytes kStructured = option(Option::structured_reply);
const Bytes kStructuredAck = reply(Option::structured_reply, OptionReply::ack);
constexpr Features kReplies{.structured_replies = true};
constexpr Features kStatus{.structured_replies = true, .block_status = true};

Desk two_disks() {
    Desk desk;
    desk.exports = {{"a", kDisk}, {"b", kDisk}};
    return desk;
}

Bytes set(std::string_view name, std::initializer_list<std::string_view> queries) {
    return option(Option::set_meta_context, context_query(name, queries));
}

Bytes list(std::string_view name, std::initializer_list<std::string_view> queries) {
    return option(Option::list_meta_context, context_query(name, queries));
}

Bytes go(std::string_view name) { return option(Option::go, query(name)); }

Bytes context(Option option, std::uint32_t id) {
    Bytes data;
    ByteWriter writer(data);
    writer.be_u32(id);
    writer.text(kAllocationContext);
    return reply(option, OptionReply::meta_context, data);
}

// What a client has got after OPTIONS and a GO for "a".
Features features_after(const Bytes& options) {
    Desk desk = two_disks();
    desk.receive(join({client_flags(), options, go("a")}));
    REQUIRE(desk.transmits);
    return desk.features;
}

TEST_CASE("structured replies are agreed on, however often they are asked for") {
    Desk desk = two_disks();
    desk.receive(join({client_flags(), kStructured, kStructured, go("a")}), GENERATE(1u, 1000u));
    CHECK(desk.output ==
          join({kStructuredAck, kStructuredAck,
                test::info_reply(test::export_item(4096, kDiskFlags | kTransmitSendDf)),
                reply(Option::go, OptionReply::ack)}));
    CHECK(desk.features == kReplies);
}

TEST_CASE("a client that does not ask gets simple replies and no DF") {
    Desk desk = two_disks();
    desk.receive(join({client_flags(), go("a")}));
    CHECK(desk.output == join({test::info_reply(test::export_item(4096, kDiskFlags)),
                               reply(Option::go, OptionReply::ack)}));
    CHECK(desk.features == Features{});
}

TEST_CASE("EXPORT_NAME after STRUCTURED_REPLY announces DF too") {
    Desk desk = two_disks();
    desk.receive(join({client_flags(), kStructured, option(Option::export_name, text("a"))}));
    CHECK(desk.output == join({kStructuredAck, hex("0000000000001000 0081")}));
    CHECK(desk.features == kReplies);
}

TEST_CASE("STRUCTURED_REPLY with data is invalid and changes nothing") {
    Desk desk = two_disks();
    desk.receive(join({client_flags(), option(Option::structured_reply, text("x")), go("a")}));
    CHECK(desk.output == join({reply(Option::structured_reply, OptionReply::error_invalid,
                                     text("NBD_OPT_STRUCTURED_REPLY takes no data")),
                               test::info_reply(test::export_item(4096, kDiskFlags)),
                               reply(Option::go, OptionReply::ack)}));
    CHECK(desk.features == Features{});
}

TEST_CASE("metadata options before STRUCTURED_REPLY are invalid") {
    const auto [asked, words] = GENERATE(table<Option, std::string>(
        {{Option::list_meta_context, "NBD_OPT_LIST_META_CONTEXT before NBD_OPT_STRUCTURED_REPLY"},
         {Option::set_meta_context, "NBD_OPT_SET_META_CONTEXT before NBD_OPT_STRUCTURED_REPLY"}}));
    Desk desk = two_disks();
    desk.receive(
        join({client_flags(), option(asked, context_query("a", {"base:allocation"})), kStructured}),
        GENERATE(1u, 1000u));
    CHECK(desk.output ==
          join({reply(asked, OptionReply::error_invalid, text(words)), kStructuredAck}));
    CHECK(desk.wanted.empty());
}

TEST_CASE("contexts are listed with the number 0 and selected with another") {
    Desk desk = two_disks();
    desk.receive(join({client_flags(), kStructured, list("a", {}), set("a", {"base:allocation"})}),
                 GENERATE(1u, 1000u));
    CHECK(desk.output == join({kStructuredAck, context(Option::list_meta_context, 0),
                               reply(Option::list_meta_context, OptionReply::ack),
                               context(Option::set_meta_context, kAllocationId),
                               reply(Option::set_meta_context, OptionReply::ack)}));
}

TEST_CASE("a query that finds nothing is acknowledged") {
    Desk desk = two_disks();
    desk.receive(join({client_flags(), kStructured, list("a", {"x-own:thing"}), set("a", {})}));
    CHECK(desk.output == join({kStructuredAck, reply(Option::list_meta_context, OptionReply::ack),
                               reply(Option::set_meta_context, OptionReply::ack)}));
}

TEST_CASE("which SET_META_CONTEXT allows BLOCK_STATUS") {
    const auto allocation = {std::string_view("base:allocation")};
    CHECK(features_after(join({kStructured, set("a", allocation)})) == kStatus);
    CHECK(features_after(join({kStructured, set("a", {"x:y", "base:allocation"})})) == kStatus);
    CHECK(features_after(join({kStructured, list("a", allocation)})) == kReplies);
    CHECK(features_after(join({kStructured, set("b", allocation)})) == kReplies);
    CHECK(features_after(join({kStructured, set("nothing", allocation)})) == kReplies);
    CHECK(features_after(join({set("a", allocation), kStructured})) == kReplies);
}

TEST_CASE("a later SET_META_CONTEXT forgets what was set, also when it fails") {
    const auto later =
        GENERATE(set("a", {}), set("a", {"base:"}), set("b", {"base:allocation"}),
                 set("nothing", {"base:allocation"}), set("a", {"no namespace"}),
                 option(Option::set_meta_context), option(Option::set_meta_context, Bytes(30000)));
    const Bytes first = set("a", {"base:allocation"});
    CHECK(features_after(join({kStructured, first, later})) == kReplies);
    CHECK(features_after(join({kStructured, first, later, first})) == kStatus);
}

TEST_CASE("LIST_META_CONTEXT and a refused GO leave what was set") {
    const Bytes first = set("a", {"base:allocation"});
    CHECK(features_after(join({kStructured, first, list("b", {}), go("nothing")})) == kStatus);
}

TEST_CASE("a context of one name is none of another, even of the empty one") {
    Desk desk;
    desk.exports = {{"", kDisk}, {"a", kDisk}};
    desk.receive(join({client_flags(), kStructured, set("a", {"base:allocation"}), go("")}));
    CHECK(desk.features == kReplies);
}

TEST_CASE("contexts of an export that does not exist are refused") {
    Desk desk = two_disks();
    desk.receive(join({client_flags(), kStructured, list("c", {})}));
    CHECK(desk.output ==
          join({kStructuredAck, reply(Option::list_meta_context, OptionReply::error_unknown,
                                      text("nothing of that name here"))}));
}

TEST_CASE("metadata queries that are malformed are invalid and do not disturb the next option") {
    Desk desk = two_disks();
    desk.receive(
        join({client_flags(), kStructured,
              option(Option::set_meta_context, hex("00000001 61 00000002 00000000")), kStructured}),
        GENERATE(1u, 1000u));
    CHECK(desk.output == join({kStructuredAck,
                               reply(Option::set_meta_context, OptionReply::error_invalid,
                                     text("no room for the length of a string")),
                               kStructuredAck}));
    CHECK(desk.wanted.empty());
}

TEST_CASE("metadata queries longer than the limit are too big and are skipped") {
    Desk desk = two_disks();
    desk.receive(
        join({client_flags(), kStructured,
              option(Option::list_meta_context, Bytes(kMaximumContextData + 1)), kStructured}),
        1000);
    CHECK(desk.output == join({kStructuredAck,
                               reply(Option::list_meta_context, OptionReply::error_too_big,
                                     text("20489 bytes of option data, above 20488")),
                               kStructuredAck}));
}

TEST_CASE("metadata queries of 4 GiB close instead of being skipped") {
    Desk desk = two_disks();
    desk.receive(
        join({client_flags(), kStructured, option_header(Option::set_meta_context, UINT32_MAX)}));
    CHECK(desk.close_reason ==
          "NBD_OPT_SET_META_CONTEXT with 4294967295 bytes of data, above 1048576");
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
