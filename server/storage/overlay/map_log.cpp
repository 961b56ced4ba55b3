#include "server/storage/overlay/map_log.h"

#include <algorithm>
#include <utility>

namespace nbdroot::server::storage::overlay {

MapLog::MapLog(std::shared_ptr<File> file, const MapFile& contents)
    : file_(std::move(file)),
      end_(contents.end),
      log_offset_(contents.log_offset),
      changed_sequence_(contents.changed_sequence),
      covered_sequence_(contents.durable_sequence) {}

Result<void> MapLog::append(const LogRecord& record) {
    const EncodedRecord encoded = encode_record(record, end_.crc);
    NBDROOT_CHECK(file_->write(end_.offset_bytes, encoded.bytes));
    end_.offset_bytes += encoded.bytes.size();
    end_.crc = encoded.crc;
    ++end_.sequence;
    if (record.changes_blocks()) changed_sequence_ = end_.sequence;
    covered_sequence_ = std::max(covered_sequence_, record.covers);
    return {};
}

Result<void> MapLog::append_from(const MapLog& other, const LogEnd& from) {
    Bytes bytes(other.end_.offset_bytes - from.offset_bytes);
    NBDROOT_CHECK(other.file_->read(from.offset_bytes, bytes));
    std::uint32_t before = from.crc;
    for (ByteView rest = bytes; !rest.empty(); rest = rest.subspan(kRecordBytes)) {
        const auto decoded = decode_record(rest, before);
        if (!decoded)
            return fail("read", "", "a record of the log has changed since it was written");
        before = decoded->crc;
        NBDROOT_CHECK(append(decoded->record));
    }
    return {};
}

}  // namespace nbdroot::server::storage::overlay
