#include "server/session/write_payload.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "server/session/limits.h"
#include "tests/support/catch.h"

using nbdroot::ByteView;
using nbdroot::base::as_bytes;
using nbdroot::base::as_text;
using nbdroot::protocol::nbd::Command;
using nbdroot::protocol::nbd::Request;
using nbdroot::server::session::kPageBytes;
using nbdroot::server::session::kWritePiece;
using nbdroot::server::session::WritePayload;

namespace {

Request write_request(std::size_t offset, std::size_t length) {
    return {.command = Command::write,
            .offset_bytes = offset,
            .length_bytes = static_cast<std::uint32_t>(length)};
}

std::string letters(std::size_t length) {
    std::string text(length, ' ');
    for (std::size_t i = 0; i < length; ++i) text[i] = static_cast<char>('a' + i % 23);
    return text;
}

// What came of a payload, in order and without gaps.
struct Collected {
    std::uint64_t begin;
    std::string text{};
    std::vector<std::uint64_t> borders{};

    WritePayload::Put put() {
        return [this](const WritePayload::Piece& piece) {
            CHECK(piece.offset_bytes == begin + text.size());
            text += as_text(piece.bytes);
            borders.push_back(begin + text.size());
        };
    }
};

}  // namespace

TEST_CASE("a payload comes out whole, however it is cut into receives", "[T41]") {
    const std::size_t step = GENERATE(1UL, 1000UL, 65536UL, kWritePiece, kWritePiece + 1);
    const bool direct = GENERATE(false, true);
    const std::size_t length = step == 1 ? 9000 : 2 * kWritePiece + 777;
    const std::string payload = letters(length);
    Collected collected{.begin = 1234};
    WritePayload writing(write_request(1234, length), collected.put());
    for (std::size_t at = 0; at < length;) {
        const ByteView rest = as_bytes(payload).subspan(at);
        const ByteView piece = rest.first(std::min(step, rest.size()));
        if (direct) {
            const auto place = writing.place();
            const std::size_t count = std::min(place.size(), piece.size());
            std::memcpy(place.data(), piece.data(), count);
            writing.received(count);
            at += count;
        } else {
            CHECK(writing.take(piece) == piece.size());
            at += piece.size();
        }
    }
    CHECK(writing.complete());
    CHECK((collected.text == payload));
    REQUIRE_FALSE(collected.borders.empty());
    collected.borders.pop_back();
    for (const std::uint64_t border : collected.borders) CHECK(border % kPageBytes == 0);
}

TEST_CASE("bytes behind the payload are left for the next request") {
    Collected collected{.begin = 0};
    WritePayload writing(write_request(0, 3), collected.put());
    CHECK(writing.take(as_bytes("abcdef")) == 3);
    CHECK(writing.complete());
    CHECK(collected.text == "abc");
}

TEST_CASE("a payload that was given up is read to its end and thrown away", "[T34]") {
    Collected collected{.begin = 0};
    WritePayload writing(write_request(0, 5), collected.put());
    CHECK(writing.take(as_bytes("a")) == 1);
    writing.give_up();
    CHECK(writing.place().empty());
    CHECK(writing.take(as_bytes("bc")) == 2);
    CHECK_FALSE(writing.complete());
    CHECK(writing.take(as_bytes("defg")) == 2);
    CHECK(writing.complete());
    CHECK(collected.text.empty());
}
