#include "server/storage/overlay/map_header.h"

#include "lib/base/crc32c.h"
#include "lib/base/endian.h"
#include "tests/support/catch.h"

using nbdroot::Bytes;
using nbdroot::server::storage::overlay::BootId;
using nbdroot::server::storage::overlay::decode_header;
using nbdroot::server::storage::overlay::encode_header;
using nbdroot::server::storage::overlay::kMaximumTextBytes;
using nbdroot::server::storage::overlay::MapHeader;

namespace {

MapHeader example() {
    MapHeader header;
    header.identity = {.base_id = "0123456789abcdef",
                       .image_bytes = 10'000,
                       .export_name = "debian",
                       .machine = "525400123456",
                       .created_seconds = 1'700'000'000};
    header.boot.fill(std::byte{0xb0});
    header.first_sequence = 7;
    header.snapshot_bytes = 5;
    header.snapshot_crc = 0x01020304;
    return header;
}

// BYTES with VALUE at OFFSET, and a checksum that fits.
Bytes changed(std::size_t offset, std::uint8_t value) {
    Bytes bytes = encode_header(example());
    bytes[offset] = static_cast<std::byte>(value);
    const nbdroot::be32 crc =
        nbdroot::base::crc32c(nbdroot::ByteView(bytes).first(bytes.size() - 4));
    std::memcpy(bytes.data() + bytes.size() - 4, &crc, sizeof crc);
    return bytes;
}

std::string refusal(const Bytes& bytes) {
    const auto header = decode_header(bytes);
    return header ? "accepted" : header.error().reason;
}

}  // namespace

TEST_CASE("a header reads back as it was, and the log begins at a whole record") {
    Bytes bytes = encode_header(example());
    CHECK(bytes.size() == 92 + 16 + 6 + 12 + 4);
    const std::size_t header_bytes = bytes.size();
    bytes.resize(bytes.size() + 100);
    const auto decoded = decode_header(bytes);
    REQUIRE(decoded);
    CHECK(decoded->header == example());
    CHECK(decoded->header_bytes == header_bytes);
    CHECK(decoded->log_offset() == 144);  // 130 + 5, up to the next 16
}

TEST_CASE("texts longer than a name may be are cut") {
    MapHeader header = example();
    header.identity.machine.assign(70'000, 'm');
    const auto decoded = decode_header(encode_header(header));
    REQUIRE(decoded);
    CHECK(decoded->header.identity.machine.size() == kMaximumTextBytes);
    CHECK(decoded->header.identity.export_name == "debian");
}

TEST_CASE("what is no header of this version is refused with the reason") {
    CHECK(refusal(changed(40, 0)) == "accepted");
    CHECK(refusal(changed(0, 'N')) == "not the map of an overlay");
    CHECK(refusal(changed(19, 2)) == "version 2 is unknown; this is version 1");
    CHECK(refusal(changed(23, 1)) == "the header's length does not fit its texts");
    CHECK(refusal(changed(26, 0x20)) == "blocks of 8192 B, not 4096 B");
    CHECK(refusal(changed(32, 0x80)) == "a size that cannot be");
    CHECK(refusal(changed(72, 0x80)) == "a size that cannot be");
    CHECK(refusal(changed(84, 0xff)) == "the header's length does not fit its texts");
    Bytes bytes = encode_header(example());
    bytes[100] ^= std::byte{1};
    CHECK(refusal(bytes) == "the header's checksum is wrong");
    bytes.resize(90);
    CHECK(refusal(bytes) == "too short for a header");
    CHECK(refusal({}) == "too short for a header");
}
