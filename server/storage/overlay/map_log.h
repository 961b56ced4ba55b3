// The end of a map file, where records are appended. Not for two threads at once.
#pragma once

#include <cstdint>
#include <memory>

#include "lib/base/result.h"
#include "server/storage/overlay/map_file.h"
#include "server/storage/overlay/store.h"

namespace nbdroot::server::storage::overlay {

class MapLog {
public:
    MapLog(std::shared_ptr<File> file, const MapFile& contents);

    // After an Error the next record takes the place of what there may be of this one.
    Result<void> append(const LogRecord& record);
    // Every record that OTHER got after its end was at FROM.
    Result<void> append_from(const MapLog& other, const LogEnd& from);

    [[nodiscard]] const std::shared_ptr<File>& file() const { return file_; }
    [[nodiscard]] const LogEnd& end() const { return end_; }
    // Behind the last record that changes blocks.
    [[nodiscard]] std::uint64_t changed_sequence() const { return changed_sequence_; }
    // What the last barrier covers.
    [[nodiscard]] std::uint64_t covered_sequence() const { return covered_sequence_; }
    [[nodiscard]] std::uint64_t snapshot_bytes() const { return log_offset_; }
    [[nodiscard]] std::uint64_t log_bytes() const { return end_.offset_bytes - log_offset_; }

private:
    std::shared_ptr<File> file_;
    LogEnd end_;
    std::uint64_t log_offset_;
    std::uint64_t changed_sequence_;
    std::uint64_t covered_sequence_;
};

}  // namespace nbdroot::server::storage::overlay
