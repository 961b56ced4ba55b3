#include "lib/protocol/dns/message.h"

#include "lib/base/text.h"

#include "tests/support/catch.h"
#include "tests/support/hex.h"
#include "tests/unit/lib/protocol/dns/answer.h"

namespace nbdroot::protocol::dns {
namespace {

using nbdroot::tests::from_hex;
using nbdroot::tests::to_hex;
using tests::address;
using tests::serialize;
using tests::TestAnswer;
using tests::TestRecord;
using tests::wire_of;

constexpr std::uint16_t kCnameType = 5;
constexpr std::uint16_t kAaaaType = 28;

Question question(RecordType type = RecordType::a) {
    return {.id = 0x1234, .name = parse_name("boot.lan").value(), .type = type};
}

Bytes ten(int last) { return address({10, 0, 0, last}); }

// "10.0.0.1 10.0.0.2 ", "no such name", or why it is of no use.
std::string told_by(ByteView datagram, const Question& asked = question()) {
    const auto reply = parse_reply(datagram, asked);
    if (!reply) return cat("ignored: ", reply.error().reason);
    if (reply->kind == Reply::Kind::no_such_name) return "no such name";
    if (reply->kind == Reply::Kind::unusable) return reply->reason;
    std::string text;
    for (const Address& found : reply->addresses) text += to_hex(found.view()) + " ";
    return text;
}

std::string told_by(const TestAnswer& answer, const Question& asked = question()) {
    return told_by(serialize(asked, answer), asked);
}

}  // namespace

TEST_CASE("a question is what goes on the wire, byte for byte") {
    CHECK(make_query(question()) ==
          from_hex("1234 0100 0001 0000 0000 0000 04626f6f74 036c616e 00 0001 0001"));
    CHECK(make_query(question(RecordType::aaaa)) ==
          from_hex("1234 0100 0001 0000 0000 0000 04626f6f74 036c616e 00 001c 0001"));
}

TEST_CASE("what the records of an answer say") {
    struct Case {
        const char* what;
        TestAnswer answer;
        const char* told;
    };
    const auto row = GENERATE(values<Case>({
        {"nothing", {}, ""},
        {"one address", {.records = {{.data = ten(1)}}}, "0a000001 "},
        {"two, in their order",
         {.records = {{.data = ten(2)}, {.data = ten(1)}}},
         "0a000002 0a000001 "},
        {"an alias",
         {.records = {{.type = kCnameType, .data = wire_of("x.lan")},
                      {.owner = "x.lan", .data = ten(1)}}},
         "0a000001 "},
        {"an alias behind its address",
         {.records = {{.owner = "X.lan", .data = ten(1)},
                      {.type = kCnameType, .data = wire_of("x.LAN")}}},
         "0a000001 "},
        {"an alias of an alias",
         {.records = {{.type = kCnameType, .data = wire_of("x.lan")},
                      {.owner = "x.lan", .type = kCnameType, .data = wire_of("y.lan")},
                      {.owner = "y.lan", .data = ten(1)}}},
         "0a000001 "},
        {"an alias that leads nowhere",
         {.records = {{.type = kCnameType, .data = wire_of("x.lan")}}},
         ""},
        {"aliases in a circle",
         {.records = {{.type = kCnameType, .data = wire_of("x.lan")},
                      {.owner = "x.lan", .type = kCnameType, .data = wire_of("boot.lan")}}},
         ""},
        {"an alias of itself",
         {.records = {{.type = kCnameType, .data = wire_of("boot.lan")}}},
         ""},
        {"the address of another name", {.records = {{.owner = "evil.lan", .data = ten(6)}}}, ""},
        {"an address of the other kind", {.records = {{.type = kAaaaType, .data = Bytes(16)}}}, ""},
        {"a record of unknown type first",
         {.records = {{.type = 46, .data = Bytes(3)}, {.data = ten(1)}}},
         "0a000001 "},
        {"a record of another class",
         {.records = {{.data = ten(6), .record_class = 3}, {.data = ten(1)}}},
         "0a000001 "},
        {"an address of 3 bytes", {.records = {{.data = Bytes(3)}}}, "a malformed answer"},
        {"an address of 5 bytes", {.records = {{.data = Bytes(5)}}}, "a malformed answer"},
        {"an alias shorter than its record",
         {.records = {{.type = kCnameType, .data = Bytes(2)}}},
         "a malformed answer"},
        {"an alias longer than its record",
         {.records = {{.type = kCnameType, .data = address({1})}, {.data = ten(1)}}},
         "a malformed answer"},
    }));
    CAPTURE(row.what);
    CHECK(told_by(row.answer) == row.told);
}

TEST_CASE("an IPv6 address is read where it was asked for") {
    Bytes v6(16);
    v6[0] = std::byte{0xfd};
    v6[15] = std::byte{1};
    const TestAnswer answer{.records = {{.type = kAaaaType, .data = v6}, {.data = ten(1)}}};
    CHECK(told_by(answer, question(RecordType::aaaa)) == "fd000000000000000000000000000001 ");
}

TEST_CASE("what the header of an answer says") {
    const auto [flags, told] = GENERATE(table<std::uint16_t, std::string>({
        {0x8180, "0a000001 "},
        {0x8000, "0a000001 "},
        {0x8580, "0a000001 "},  // authoritative
        {0x8380, "0a000001 "},  // cut: what came is used
        {0x8183, "no such name"},
        {0x8181, "FORMERR"},
        {0x8182, "SERVFAIL"},
        {0x8184, "NOTIMP"},
        {0x8185, "REFUSED"},
        {0x818f, "DNS error 15"},
        {0x0100, "ignored: not an answer"},
        {0x9180, "ignored: not an answer"},  // opcode 2
    }));
    CAPTURE(flags);
    CHECK(told_by({.flags = flags, .records = {{.data = ten(1)}}}) == told);
}

TEST_CASE("an empty answer counts where the server is in charge or asks others") {
    const auto [flags, told] = GENERATE(table<std::uint16_t, std::string>({
        {0x8000, "does not look names up for others"},
        {0x8100, "does not look names up for others"},
        {0x8080, ""},
        {0x8400, ""},
        {0x8003, "no such name"},
    }));
    CAPTURE(flags);
    CHECK(told_by({.flags = flags}) == told);
}

TEST_CASE("an answer to another question is ignored") {
    const Bytes good = serialize(question(), {.records = {{.data = ten(6)}}});
    const auto changed = [&](std::size_t at, int value) {
        Bytes bytes = good;
        bytes.at(at) = static_cast<std::byte>(value);
        return told_by(bytes);
    };
    CHECK(told_by(good) == "0a000006 ");
    CHECK(changed(0, 0x13) == "ignored: of another question");
    CHECK(changed(1, 0x35) == "ignored: of another question");
    CHECK(changed(13, 'c') == "ignored: an answer to another question");  // coot.lan
    CHECK(changed(13, 'B') == "0a000006 ");                               // Boot.lan
    CHECK(changed(23, 28) == "ignored: an answer to another question");   // AAAA
    CHECK(changed(25, 3) == "ignored: an answer to another question");    // class
    CHECK(changed(5, 2) == "ignored: an answer to another question");     // two questions
    CHECK(changed(5, 0) == "ignored: an answer to another question");     // none
}

TEST_CASE("a server that does not repeat a question that it did not understand is heard") {
    CHECK(told_by(from_hex("1234 8181 0000 0000 0000 0000")) == "FORMERR");
    CHECK(told_by(from_hex("1234 8185 0000 0000 0000 0000")) == "REFUSED");
    // But not on what exists.
    CHECK(told_by(from_hex("1234 8183 0000 0000 0000 0000")) ==
          "ignored: an answer to another question");
}

TEST_CASE("an answer that ends early is malformed, unless it says that it is cut") {
    const Bytes whole = serialize(question(), {.records = {{.data = ten(1)}, {.data = ten(2)}}});
    constexpr std::size_t kQuestionEnd = 26;
    constexpr std::size_t kRecordBytes = 16;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CAPTURE(size);
        Bytes part(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
        const std::string told = told_by(part);
        CHECK(told.starts_with(size < kQuestionEnd ? "ignored: " : "a malformed answer"));
        if (size < kQuestionEnd) continue;
        part[2] |= std::byte{2};
        const bool has_first = size >= kQuestionEnd + kRecordBytes;
        CHECK(told_by(part) == (has_first ? "0a000001 " : "an answer too long for a datagram"));
    }
}

TEST_CASE("an answer of very many records is not read to its end") {
    TestAnswer answer;
    for (int i = 0; i < 200; ++i) answer.records.push_back({.data = ten(i)});
    const auto reply = parse_reply(serialize(question(), answer), question());
    REQUIRE(reply);
    CHECK(reply->addresses.size() == kAddressesTaken);
    answer.records.insert(answer.records.begin(), 64, {.type = 46, .data = {}});
    CHECK(told_by(answer) == "");
}

}  // namespace nbdroot::protocol::dns
