#include "lib/protocol/nbd/structured_reply.h"

#include <string>

#include "tests/support/catch.h"
#include "tests/unit/lib/protocol/nbd/messages.h"

namespace nbdroot::protocol::nbd {
namespace {

using test::hex;
using test::join;
using test::text;

constexpr std::uint64_t kCookie = 0x1122334455667788;

template <class Wire>
Bytes bytes_of(const Wire& wire) {
    const auto view = std::as_bytes(std::span(&wire, 1));
    return {view.begin(), view.end()};
}

TEST_CASE("the golden bytes of each chunk") {
    const Content content{.cookie = kCookie, .offset_bytes = 0x10000, .length_bytes = 0x200};
    CHECK(bytes_of(data_chunk(content, Last::yes)) ==
          hex("668e33ef 0001 0001 1122334455667788 00000208 0000000000010000"));
    CHECK(bytes_of(data_chunk(content, Last::no)) ==
          hex("668e33ef 0000 0001 1122334455667788 00000208 0000000000010000"));
    CHECK(bytes_of(hole_chunk(content, Last::yes)) ==
          hex("668e33ef 0001 0002 1122334455667788 0000000c 0000000000010000 00000200"));
    CHECK(bytes_of(done_chunk(kCookie)) == hex("668e33ef 0001 0000 1122334455667788 00000000"));
}

TEST_CASE("the golden bytes of error chunks, with and without a place") {
    CHECK(error_chunk({.cookie = kCookie, .error = ErrorNumber::io, .message = "no"}) ==
          hex("668e33ef 0001 8001 1122334455667788 00000008 00000005 0002 6e6f"));
    CHECK(error_chunk({.cookie = kCookie,
                       .error = ErrorNumber::io,
                       .message = "no",
                       .offset_bytes = 0x1000}) ==
          hex("668e33ef 0001 8002 1122334455667788 00000010 00000005 0002 6e6f 0000000000001000"));
    CHECK(error_chunk({.cookie = kCookie, .error = ErrorNumber::invalid}) ==
          hex("668e33ef 0001 8001 1122334455667788 00000006 00000016 0000"));
}

TEST_CASE("a message longer than a string may be is cut") {
    const Bytes chunk = error_chunk({.cookie = kCookie,
                                     .error = ErrorNumber::io,
                                     .message = std::string(kMaximumString + 1, 'x')});
    CHECK(chunk == join({hex("668e33ef 0001 8001 1122334455667788 00001006 00000005 1000"),
                         text(std::string(kMaximumString, 'x'))}));
}

TEST_CASE("the golden bytes of a reply to BLOCK_STATUS") {
    const ExtentDescriptor list[] = {{0x1000, 0}, {0xffffefff, kStateHole | kStateZero}};
    CHECK(status_chunk(kCookie, 1, list) ==
          hex("668e33ef 0001 0005 1122334455667788 00000014 00000001"
              "00001000 00000000 ffffefff 00000003"));
}

TEST_CASE("a chunk's header is read back as it was written") {
    const Bytes chunk = error_chunk({.cookie = kCookie, .error = ErrorNumber::io});
    CHECK(parse_chunk_header(ByteView(chunk).first<kChunkHeaderSize>()) ==
          ChunkHeader{
              .type = ChunkType::error, .flags = kChunkDone, .cookie = kCookie, .length_bytes = 6});
}

TEST_CASE("a chunk with the magic of a simple reply is a lost stream") {
    const Bytes chunk = hex("67446698 0001 0000 1122334455667788 00000000");
    const auto header = parse_chunk_header(ByteView(chunk).first<kChunkHeaderSize>());
    REQUIRE_FALSE(header);
    CHECK(header.error().reason ==
          "magic 1732535960 instead of a structured reply's: the stream is lost");
}

}  // namespace
}  // namespace nbdroot::protocol::nbd
