#include "server/storage/overlay/map_file.h"

#include <algorithm>
#include <utility>

#include "lib/base/crc32c.h"
#include "lib/base/text.h"
#include "server/storage/overlay/snapshot.h"

namespace nbdroot::server::storage::overlay {
namespace {

struct Log {
    std::vector<LogRecord> records;
    LogEnd end;
    std::uint64_t durable_sequence = 0;
    bool is_closed = false;
};

Result<void> check(const LogRecord& record, std::uint64_t sequence, const OverlayMap& map) {
    if (record.changes_blocks() && !map.has(record.blocks)) {
        return fail("read", "",
                    cat("record ", sequence, " of the log is about blocks ", record.blocks.first,
                        " and on, which the image does not have"));
    }
    if (!record.changes_blocks() && record.covers > sequence) {
        return fail("read", "", cat("record ", sequence, " of the log covers records behind it"));
    }
    return {};
}

Result<Log> decode_log(ByteView bytes, const DecodedHeader& from, const OverlayMap& map) {
    Log log{.records = {},
            .end = {.offset_bytes = from.log_offset(),
                    .sequence = from.header.first_sequence,
                    .crc = from.crc},
            .durable_sequence = from.header.first_sequence};
    bytes = bytes.subspan(std::min<std::size_t>(bytes.size(), from.log_offset()));
    while (const auto decoded = decode_record(bytes, log.end.crc)) {
        const LogRecord& record = decoded->record;
        log.is_closed = record.kind == LogRecord::Kind::closed;
        if (log.is_closed) break;  // the next one takes its place
        NBDROOT_CHECK(check(record, log.end.sequence, map));
        log.records.push_back(record);
        log.durable_sequence = std::max(log.durable_sequence, record.covers);
        log.end.offset_bytes += kRecordBytes;
        log.end.crc = decoded->crc;
        ++log.end.sequence;
        bytes = bytes.subspan(kRecordBytes);
    }
    return log;
}

Result<OverlayMap> snapshot_of(ByteView bytes, const DecodedHeader& decoded) {
    const MapHeader& header = decoded.header;
    bytes = bytes.subspan(decoded.header_bytes);
    if (bytes.size() < header.snapshot_bytes) {
        return fail("read", "", cat("ends within its snapshot of ", header.snapshot_bytes, " B"));
    }
    bytes = bytes.first(header.snapshot_bytes);
    if (base::crc32c(bytes) != header.snapshot_crc) {
        return fail("read", "", "the snapshot's checksum is wrong");
    }
    auto map = decode_snapshot(bytes, blocks_of(header.identity.image_bytes));
    if (!map) return fail("read", "", cat("snapshot: ", map.error().reason));
    return map;
}

}  // namespace

Bytes encode_map_file(MapHeader header, ByteView snapshot) {
    header.snapshot_bytes = snapshot.size();
    header.snapshot_crc = base::crc32c(snapshot);
    Bytes bytes = encode_header(header);
    ByteWriter out(bytes);
    out.bytes(snapshot);
    out.zeros((kRecordBytes - bytes.size() % kRecordBytes) % kRecordBytes);
    return bytes;
}

Result<MapFile> decode_map_file(ByteView bytes, Survived survived) {
    const DecodedHeader decoded = NBDROOT_TRY(decode_header(bytes));
    OverlayMap map = NBDROOT_TRY(snapshot_of(bytes, decoded));
    const Log log = NBDROOT_TRY(decode_log(bytes, decoded, map));
    MapFile file{.header = decoded.header,
                 .map = std::move(map),
                 .end = log.end,
                 .log_offset = decoded.log_offset(),
                 .durable_sequence = log.durable_sequence,
                 .changed_sequence = decoded.header.first_sequence,
                 .is_closed = log.is_closed,
                 .dropped = {}};
    std::uint64_t sequence = decoded.header.first_sequence;
    for (const LogRecord& record : log.records) {
        const bool counts = survived == Survived::all_writes || sequence < log.durable_sequence;
        ++sequence;
        // After a crash what counts is what the disk has: nothing of that can be lost.
        if (record.kind == LogRecord::Kind::broken && survived == Survived::all_writes) {
            file.is_broken = true;
        }
        if (!record.changes_blocks()) continue;
        file.changed_sequence = sequence;
        if (counts) {
            file.map.set(record.blocks, record.state());
        } else {
            file.dropped.push_back(record);
        }
    }
    return file;
}

}  // namespace nbdroot::server::storage::overlay
