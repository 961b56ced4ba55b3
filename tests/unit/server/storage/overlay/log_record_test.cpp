#include "server/storage/overlay/log_record.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using nbdroot::ByteView;
using nbdroot::base::hex;
using nbdroot::server::storage::overlay::decode_record;
using nbdroot::server::storage::overlay::encode_record;
using nbdroot::server::storage::overlay::EncodedRecord;
using nbdroot::server::storage::overlay::kMaximumRecordBlocks;
using nbdroot::server::storage::overlay::LogRecord;

using Kind = LogRecord::Kind;

TEST_CASE("the golden bytes of a record") {
    const LogRecord record{.kind = Kind::zero, .blocks = {0x0102, 0x030405}};
    const EncodedRecord encoded = encode_record(record, 0);
    CHECK(hex(encoded.bytes).substr(0, 24) ==
          "0000000000000102"
          "02030405");
}

TEST_CASE("a record reads back, behind the one that it was written behind") {
    const LogRecord record =
        GENERATE(LogRecord{.kind = Kind::data, .blocks = {5, 1}},
                 LogRecord{.kind = Kind::zero, .blocks = {UINT64_MAX, kMaximumRecordBlocks}},
                 LogRecord{.kind = Kind::barrier, .covers = 99}, LogRecord{.kind = Kind::closed});
    const EncodedRecord encoded = encode_record(record, 1234);
    const auto decoded = decode_record(encoded.bytes, 1234);
    REQUIRE(decoded);
    CHECK(decoded->record == record);
    CHECK(decoded->crc == encoded.crc);
    CHECK_FALSE(decode_record(encoded.bytes, 1235));
}

TEST_CASE("a torn record is none, whichever byte is missing") {
    const EncodedRecord encoded = encode_record({.kind = Kind::data, .blocks = {0x1111, 7}}, 1);
    for (std::size_t i = 0; i < encoded.bytes.size(); ++i) {
        auto torn = encoded.bytes;
        torn[i] ^= std::byte{0x40};
        CHECK_FALSE(decode_record(torn, 1));
        CHECK_FALSE(decode_record(ByteView(encoded.bytes).first(i), 1));
    }
    CHECK_FALSE(decode_record(std::array<std::byte, 16>{}, 0));
}

TEST_CASE("records of no blocks, and of kinds that there are not, are none") {
    CHECK_FALSE(decode_record(encode_record({.kind = Kind::data, .blocks = {5, 0}}, 1).bytes, 1));
    CHECK_FALSE(decode_record(encode_record({.kind = Kind{6}, .blocks = {5, 1}}, 1).bytes, 1));
    CHECK_FALSE(decode_record(encode_record({.kind = Kind{0}, .blocks = {5, 1}}, 1).bytes, 1));
    LogRecord barrier{.kind = Kind::barrier, .covers = 5};
    barrier.blocks.count = 1;
    CHECK_FALSE(decode_record(encode_record(barrier, 1).bytes, 1));
}
