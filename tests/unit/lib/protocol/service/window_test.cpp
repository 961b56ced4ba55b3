#include "lib/protocol/service/window.h"

#include "lib/protocol/nbd/constants.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::protocol::service;

namespace {

using Raw = std::array<std::byte, kHeaderBytes>;

Raw raw_of(const Header& header) {
    const HeaderWire wire = encode(header);
    Raw raw;
    std::memcpy(raw.data(), &wire, sizeof wire);
    return raw;
}

}  // namespace

TEST_CASE("a header is read as it was written") {
    const Header header{.status = Status::refused, .length_bytes = 77, .number = 9};
    const Raw raw = raw_of(header);
    CHECK(base::as_text(ByteView(raw).first(16)) == "nbdroot service\n");
    CHECK(parse_header(raw) == header);
}

TEST_CASE("what is no header of ours is refused") {
    Raw raw = raw_of({.status = Status::done, .length_bytes = kMaximumAnswer});
    CHECK(parse_header(raw));
    const auto [at, value, complaint] = GENERATE(table<std::size_t, int, const char*>({
        {0, 'N', "no server of ours answers there"},
        {15, 0, "no server of ours answers there"},
        {19, 2, "version 2, known is 1"},
        {23, 5, "status 5 means nothing"},
        {27, 1, "an answer of 262145 bytes, at most 262144 are taken"},
        {24, 0x80, "an answer of 2147745792 bytes, at most 262144 are taken"},
    }));
    raw[at] = static_cast<std::byte>(value);
    const auto header = parse_header(raw);
    REQUIRE_FALSE(header);
    CHECK(header.error().reason == complaint);
}

TEST_CASE("a disk of another size or with other flags is no window") {
    CHECK(looks_like_window(window_info()));
    protocol::nbd::ExportInfo other = window_info();
    other.size_bytes += 512;
    CHECK_FALSE(looks_like_window(other));
    other = window_info();
    other.transmission_flags |= protocol::nbd::kTransmitSendFlush;
    CHECK_FALSE(looks_like_window(other));
}
