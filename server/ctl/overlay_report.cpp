#include "server/ctl/overlay_report.h"

#include <chrono>
#include <string_view>
#include <vector>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "server/storage/overlay/block.h"

namespace nbdroot::server::ctl {
namespace {

using storage::overlay::CheckReport;
using storage::overlay::kBlockBytes;
using storage::overlay::OverlayIdentity;

std::string line(std::string_view name, std::string_view text) {
    constexpr std::size_t kNameWidth = 10;
    return cat(name, std::string(kNameWidth - name.size(), ' '), text, '\n');
}

std::string two_digits(unsigned number) { return cat(number < 10 ? "0" : "", number); }

// "2026-11-23": when it was begun matters to the day.
std::string day_of(std::uint64_t seconds) {
    using namespace std::chrono;
    // Files may say anything; beyond the year 9999 it is no date.
    constexpr std::uint64_t kLatest = 253402300799;
    if (seconds > kLatest) return "at an impossible time";
    const auto day = floor<days>(sys_seconds(std::chrono::seconds(seconds)));
    const year_month_day date(day);
    return cat(int{date.year()}, '-', two_digits(unsigned{date.month()}), '-',
               two_digits(unsigned{date.day()}));
}

std::string describe(const OverlayIdentity& identity) {
    return line("export", base::printable(identity.export_name)) +
           line("machine", base::printable(identity.machine)) +
           line("image",
                cat(base::printable(identity.base_id), ", ", base::human_size(identity.image_bytes),
                    ", begun ", day_of(identity.created_seconds)));
}

void write_texts(base::JsonWriter& json, std::string_view name,
                 const std::vector<std::string>& texts) {
    json.key(name);
    json.begin_array();
    for (const std::string& text : texts) json.value(text);
    json.end_array();
}

}  // namespace

std::string describe(const std::string& path, const CheckReport& report) {
    std::string text = line("overlay", base::printable(path, path.size()));
    if (report.identity) text += describe(*report.identity);
    if (report.blocks > 0) {
        text += line("blocks", cat(report.blocks, ": ", report.data_blocks, " written (",
                                   base::human_size(report.data_blocks * kBlockBytes), "), ",
                                   report.zero_blocks, " zeroed, the others as in the image"));
        text += line("log", cat(report.log_records, " records, ", report.unflushed_records,
                                " of them not flushed"));
    }
    for (const std::string& note : report.notes) text += line("note", note);
    text += line("result", report.is_sound() ? "sound" : cat(report.faults.size(), " faults"));
    return text;
}

std::string faults_of(const std::string& path, const CheckReport& report) {
    std::string text;
    for (const std::string& fault : report.faults) {
        text += cat(text.empty() ? "" : "\n", base::printable(path, path.size()), ": ",
                    base::printable(fault, fault.size()));
    }
    return text;
}

std::string to_json(const std::string& path, const CheckReport& report) {
    base::JsonWriter json;
    json.begin_object();
    json.member("path", path);
    json.member("sound", report.is_sound());
    if (report.identity) {
        json.member("export", report.identity->export_name);
        json.member("machine", report.identity->machine);
        json.member("image_id", report.identity->base_id);
        json.member("image_bytes", report.identity->image_bytes);
        json.member("created_s", report.identity->created_seconds);
    }
    json.member("in_use", report.is_in_use);
    json.member("blocks", report.blocks);
    json.member("data_blocks", report.data_blocks);
    json.member("zero_blocks", report.zero_blocks);
    json.member("log_records", report.log_records);
    json.member("unflushed_records", report.unflushed_records);
    write_texts(json, "notes", report.notes);
    write_texts(json, "faults", report.faults);
    json.end_object();
    return json.text() + '\n';
}

}  // namespace nbdroot::server::ctl
