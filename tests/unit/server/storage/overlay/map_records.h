// Map files whose logs go on with what a test says.
#pragma once

#include <vector>

#include "server/storage/overlay/map_file.h"
#include "tests/support/catch.h"

namespace nbdroot::test {

// MAP, which is whole, and RECORDS as the next ones of its log.
[[nodiscard]] inline Bytes with_records(
    Bytes map, const std::vector<server::storage::overlay::LogRecord>& records) {
    using namespace server::storage::overlay;
    const auto file = decode_map_file(map, Survived::all_writes);
    REQUIRE(file);
    map.resize(file->end.offset_bytes);
    std::uint32_t before = file->end.crc;
    for (const LogRecord& record : records) {
        const auto encoded = encode_record(record, before);
        before = encoded.crc;
        map.insert(map.end(), encoded.bytes.begin(), encoded.bytes.end());
    }
    return map;
}

}  // namespace nbdroot::test
