#include "agent/exit/swap_table.h"

#include "lib/base/text.h"

namespace nbdroot::agent::exit {
namespace {

// "NAME TYPE SIZE USED PRIORITY", blanks and tabs between (mm/swapfile.c, swap_show).
struct Line {
    std::string path;
    std::string_view type;
};

Line parse_line(std::string_view line) {
    const std::size_t end = line.find_first_of(" \t");
    if (end == std::string_view::npos) return {};
    const std::size_t type = line.find_first_not_of(" \t", end);
    if (type == std::string_view::npos) return {};
    return {.path = unescape(line.substr(0, end)),
            .type = line.substr(type, line.find_first_of(" \t", type) - type)};
}

// The file system that PATH lies in is the one mounted deepest, and of those the last.
bool is_file_on(const std::string& path, const Disk& disk, const std::vector<Mount>& table) {
    const Mount* home = nullptr;
    for (const Mount& mount : table) {
        if (!is_within(path, mount.point)) continue;
        if (home == nullptr || mount.point.size() >= home->point.size()) home = &mount;
    }
    return home != nullptr && lies_on(*home, disk.name, disk.numbers);
}

}  // namespace

std::vector<std::string> swaps_on(std::string_view swaps, const Disk& disk,
                                  const std::vector<Mount>& table) {
    std::vector<std::string> paths;
    for (const std::string_view text : base::split(swaps, '\n')) {
        Line line = parse_line(text);
        const bool is_here = line.type == "partition" ? is_source_on(line.path, disk.name)
                             : line.type == "file"    ? is_file_on(line.path, disk, table)
                                                      : false;
        if (is_here) paths.push_back(std::move(line.path));
    }
    return paths;
}

}  // namespace nbdroot::agent::exit
