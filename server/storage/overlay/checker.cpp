#include "server/storage/overlay/checker.h"

#include <algorithm>
#include <cerrno>

#include "lib/base/text.h"
#include "server/storage/overlay/map_files.h"

namespace nbdroot::server::storage::overlay {
namespace {

// Of the data file, what takes space and no block of the map leads to.
std::uint64_t lost_bytes(const File& data, const OverlayMap& map, std::uint64_t end) {
    std::uint64_t lost = 0;
    for (std::uint64_t at = 0; at < end;) {
        const sys::Stretch stretch =
            data.stretch_at({.offset_bytes = at, .length_bytes = end - at});
        const Extent extent{.offset_bytes = at, .length_bytes = stretch.length_bytes};
        at += std::max<std::uint64_t>(stretch.length_bytes, 1);
        if (stretch.is_hole) continue;
        for (const BlockRun& run : map.runs_of(touched_by(extent))) {
            if (run.state != BlockState::data) lost += run.range.count * kBlockBytes;
        }
    }
    return lost;
}

void check_data(const File& data, const MapFile& file, CheckReport& report) {
    const std::uint64_t image_bytes = file.header.identity.image_bytes;
    const auto size = data.size();
    if (!size) {
        report.faults.push_back(size.error().message());
    } else if (*size != image_bytes) {
        report.faults.push_back(cat("the data file has ", *size, " B, the image ", image_bytes,
                                    " B: one of both files is not of this overlay"));
    } else if (const std::uint64_t lost = lost_bytes(data, file.map, image_bytes); lost > 0) {
        report.notes.push_back(
            cat("about ", base::human_size(lost),
                " of the data file belong to no block; they are lost space only"));
    }
}

void check_log(const MapFile& file, std::uint64_t map_bytes, CheckReport& report) {
    if (file.is_broken && report.is_of_this_boot) {
        report.faults.emplace_back(
            "a sync has failed: of what was written since the last flush anything may be missing, "
            "and no flush succeeds any more; when the host has been restarted the overlay is what "
            "it was at that flush");
    }
    report.log_records = file.end.sequence - file.header.first_sequence;
    if (file.changed_sequence > file.durable_sequence) {
        report.unflushed_records = file.changed_sequence - file.durable_sequence;
    }
    if (report.unflushed_records > 0 && !report.is_of_this_boot) {
        report.notes.push_back(
            cat("the host has been restarted since it was open: ", report.unflushed_records,
                " records were not flushed, and do not count any more"));
    } else if (report.unflushed_records > 0) {
        report.notes.push_back(cat(report.unflushed_records,
                                   " records are not flushed; a crash of the host loses them"));
    }
    const std::uint64_t end = file.end.offset_bytes + (file.is_closed ? kRecordBytes : 0);
    if (map_bytes > end && !report.is_in_use) {
        report.notes.push_back(
            cat(map_bytes - end, " B behind the last whole record of the log are ignored"));
    }
}

}  // namespace

CheckReport check_overlay(Store& store, std::optional<BootId> boot) {
    CheckReport report;
    const auto blame = [&report](const char* what, const Error& error) {
        report.faults.push_back(cat(what, ": ", error.message()));
        return report;
    };
    const auto data = store.open(Store::Part::data);
    report.is_in_use = !data && data.error().code == EBUSY;
    if (report.is_in_use) {
        report.notes.emplace_back("somebody has it open: its data file is not looked at");
    }
    const auto map = store.open(Store::Part::map);
    if (!map) return blame("map", map.error());
    const auto bytes = read_map(**map);
    if (!bytes) return blame("map", bytes.error());
    if (const auto header = decode_header(*bytes)) {
        report.identity = header->header.identity;
        report.is_of_this_boot = !boot || header->header.boot == *boot;
    }
    const auto file = decode_map_file(
        *bytes, report.is_of_this_boot ? Survived::all_writes : Survived::synced_writes);
    if (!file) return blame("map", file.error());
    report.blocks = file->map.blocks();
    report.data_blocks = file->map.data_blocks();
    report.zero_blocks = file->map.zero_blocks();
    check_log(*file, bytes->size(), report);
    if (data) {
        check_data(**data, *file, report);
    } else if (!report.is_in_use) {
        return blame("data", data.error());
    }
    return report;
}

}  // namespace nbdroot::server::storage::overlay
