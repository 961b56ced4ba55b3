// What a map file says, and how much of it counts. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "server/storage/overlay/log_record.h"
#include "server/storage/overlay/map_header.h"
#include "server/storage/overlay/overlay_map.h"

namespace nbdroot::server::storage::overlay {

// Both files are still what was last written to them, or perhaps only what was synced: the host has
// been restarted since.
enum class Survived { all_writes, synced_writes };

// Where a log goes on.
struct LogEnd {
    std::uint64_t offset_bytes = 0;
    std::uint64_t sequence = 0;
    std::uint32_t crc = 0;
};

struct MapFile {
    MapHeader header;
    OverlayMap map;  // of the snapshot and all records that count
    LogEnd end;      // of all records but CLOSED, whether they count or not
    std::uint64_t log_offset = 0;
    std::uint64_t durable_sequence = 0;  // records below it were covered by a barrier
    std::uint64_t changed_sequence = 0;  // behind the last record that changes blocks
    bool is_broken = false;              // a sync has failed since the host started
    bool is_closed = false;              // the record that says so stands at the end
    std::vector<LogRecord> dropped;      // that change blocks, and do not count
};

// The header and SNAPSHOT, which is that of a map: a file without a log. HEADER's fields about the
// snapshot are set here.
[[nodiscard]] Bytes encode_map_file(MapHeader header, ByteView snapshot);

// BYTES are the whole file. The log ends at the first record that is none: it was being appended,
// or never reached the disk. Whatever else is wrong is an Error, without object.
[[nodiscard]] Result<MapFile> decode_map_file(ByteView bytes, Survived survived);

}  // namespace nbdroot::server::storage::overlay
