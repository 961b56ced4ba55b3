// Requests and simple replies on the wire.
#include "lib/protocol/nbd/transmission.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::hex;

template <class Wire>
Bytes bytes_of(const Wire& wire) {
    Bytes out;
    ByteWriter(out).value(wire);
    return out;
}

Result<Request> parse_request_bytes(const Bytes& bytes) {
    REQUIRE(bytes.size() == kRequestSize);
    return parse_request(std::span<const std::byte, kRequestSize>(bytes));
}

Result<SimpleReply> parse_reply_bytes(const Bytes& bytes) {
    REQUIRE(bytes.size() == kSimpleReplySize);
    return parse_simple_reply(std::span<const std::byte, kSimpleReplySize>(bytes));
}

TEST_CASE("the golden bytes of requests, both ways") {
    const auto [golden, request] = GENERATE(table<std::string, Request>({
        {"25609513 0001 0001 0102030405060708 1112131415161718 00001000",
         Request{Command::write, kCommandFua, 0x0102030405060708, 0x1112131415161718, 4096}},
        {"25609513 0000 0000 ffffffffffffffff ffffffffffffffff ffffffff",
         Request{Command::read, 0, UINT64_MAX, UINT64_MAX, UINT32_MAX}},
        {"25609513 0000 0002 0000000000000000 0000000000000000 00000000",
         Request{Command::disconnect, 0, 0, 0, 0}},
        {"25609513 0012 0006 0000000000000001 0000000000000200 00000200",
         Request{Command::write_zeroes, kCommandNoHole | kCommandFastZero, 1, 512, 512}},
        {"25609513 ffff 9999 0000000000000000 0000000000000000 00000000",
         Request{static_cast<Command>(0x9999), 0xffff, 0, 0, 0}},
    }));
    const auto parsed = parse_request_bytes(hex(golden));
    REQUIRE(parsed);
    CHECK(*parsed == request);
    CHECK(bytes_of(encode(request)) == hex(golden));
}

TEST_CASE("the golden bytes of simple replies, both ways") {
    const auto [golden, reply] = GENERATE(table<std::string, SimpleReply>({
        {"67446698 00000000 0102030405060708", SimpleReply{ErrorNumber::none, 0x0102030405060708}},
        {"67446698 00000005 ffffffffffffffff", SimpleReply{ErrorNumber::io, UINT64_MAX}},
        {"67446698 0000006c 0000000000000000", SimpleReply{ErrorNumber::shutdown, 0}},
    }));
    const auto parsed = parse_reply_bytes(hex(golden));
    REQUIRE(parsed);
    CHECK(*parsed == reply);
    CHECK(bytes_of(encode(reply)) == hex(golden));
}

TEST_CASE("every error number of the protocol survives, any other becomes EINVAL") {
    const auto [sent, understood] = GENERATE(table<std::string, ErrorNumber>({
        {"00000001", ErrorNumber::permission},
        {"0000000c", ErrorNumber::no_memory},
        {"00000016", ErrorNumber::invalid},
        {"0000001c", ErrorNumber::no_space},
        {"0000004b", ErrorNumber::overflow},
        {"0000005f", ErrorNumber::not_supported},
        {"00000002", ErrorNumber::invalid},
        {"ffffffff", ErrorNumber::invalid},
    }));
    const auto parsed = parse_reply_bytes(hex("67446698" + sent + "0000000000000000"));
    REQUIRE(parsed);
    CHECK(parsed->error == understood);
}

TEST_CASE("a request with a wrong magic means that the stream is lost") {
    const auto parsed =
        parse_request_bytes(hex("25609514 0000 0000 0000000000000000 0000000000000000 00000000"));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message() ==
          "parse request: magic 627086612 instead of a request's: the stream is lost");
}

TEST_CASE("a reply with a wrong magic means that the stream is lost") {
    const auto parsed = parse_reply_bytes(hex("25609513 00000000 0000000000000000"));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().message() ==
          "parse reply: magic 627086611 instead of a simple reply's: the stream is lost");
}

TEST_CASE("a structured reply is named as such") {
    const auto parsed = parse_reply_bytes(hex("668e33ef 0001 0001 0000000000000000"));
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().reason == "a structured reply although none were negotiated");
}

TEST_CASE("only WRITE is followed by bytes") {
    for (const auto command : {Command::read, Command::disconnect, Command::flush, Command::trim,
                               Command::cache, Command::write_zeroes, static_cast<Command>(99)}) {
        CHECK(payload_length({.command = command, .length_bytes = 512}) == 0);
    }
    CHECK(payload_length({.command = Command::write, .length_bytes = UINT32_MAX}) == UINT32_MAX);
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
