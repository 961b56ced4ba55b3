#include "agent/exit/root_disk.h"

#include <optional>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::exit {
namespace {

// Linux, DISK_MAX_PARTS: the number of a device's numbers, its own included.
constexpr int kMostParts = 256;

std::optional<Status> read_resident_status() {
    const auto text = sys::read_text_file("/run/nbdroot/status.json");
    return text ? parse_status(*text) : std::nullopt;
}

// A disk that is not there has no numbers.
Disk look_at(const std::string& folder, const std::string& name) {
    Disk disk{.name = name, .numbers = {}};
    const auto number = sys::read_text_file(cat(folder, "/", name, "/dev"));
    if (number) disk.numbers.push_back(number->substr(0, number->find('\n')));
    return disk;
}

}  // namespace

Status read_status(Place place) {
    const auto status = read_resident_status();
    if (status) return *status;
    const auto lines = sys::read_text_file("/proc/self/mountinfo");
    const auto table = lines ? parse_mount_table(*lines) : Result<std::vector<Mount>>();
    Status guess;
    for (const Mount& mount : table.value_or(std::vector<Mount>())) {
        if (mount.point != (place == Place::pivoted ? kOldRoot : "/")) continue;
        guess.disk = disk_of_source(mount.source).value_or("");
    }
    return guess;
}

Disk look_up(const std::string& name) {
    if (name.empty()) return {};
    const std::string folder = "/sys/class/block";
    Disk disk = look_at(folder, name);
    for (int number = 1; number < kMostParts; ++number) {
        Disk partition = look_at(folder, cat(name, "p", number));
        if (partition.numbers.empty()) continue;
        disk.numbers.push_back(partition.numbers.front());
        disk.partitions.push_back(std::move(partition));
    }
    return disk;
}

// nbd.c: the file is there while a connection is configured, and as long after its end as the
// device is open; the resident knows better.
bool is_over(const std::string& disk) {
    if (!sys::path_exists(cat("/sys/block/", disk, "/pid"))) return true;
    const auto status = read_resident_status();
    return status && status->is_over;
}

}  // namespace nbdroot::agent::exit
