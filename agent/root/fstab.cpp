#include "agent/root/fstab.h"

#include <algorithm>
#include <array>

#include "agent/root/root_device.h"
#include "lib/base/text.h"

namespace nbdroot::agent::root {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kOverlayLine = "overlay / overlay rw 0 0\n";
constexpr std::string_view kNoSwap = "# not under an overlay: ";

struct Line {
    std::string_view device;
    std::string_view target;
    std::string_view type;
};

// Takes the first field off LINE; empty at its end.
std::string_view take_field(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string_view field = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(field.size());
    return field;
}

// Empty: a comment, or nothing.
Line parse_line(std::string_view text) {
    Line line;
    line.device = take_field(text);
    if (line.device.starts_with('#')) return {};
    line.target = take_field(text);
    line.type = take_field(text);
    return line;
}

// Takes the first line off TEXT, with its end.
std::string_view take_line(std::string_view& text) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end == std::string_view::npos ? end : end + 1);
    text.remove_prefix(line.size());
    return line;
}

Line parse_whole_line(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    return parse_line(line);
}

struct Link {
    std::string_view folder;
    std::string_view tag;
};
constexpr std::array<Link, 4> kLinks = {{{"/dev/disk/by-uuid/", "UUID="},
                                         {"/dev/disk/by-label/", "LABEL="},
                                         {"/dev/disk/by-partuuid/", "PARTUUID="},
                                         {"/dev/disk/by-partlabel/", "PARTLABEL="}}};

std::string without_link(std::string_view device) {
    for (const Link& link : kLinks) {
        if (device.starts_with(link.folder)) {
            return cat(link.tag, device.substr(link.folder.size()));
        }
    }
    return std::string(device);
}

// A file lies on the overlay, which has no swap files.
bool is_lost_swap(const Line& line, const Volumes& volumes) {
    if (line.type != "swap") return false;
    if (line.device.starts_with('/') && !line.device.starts_with("/dev/")) return true;
    const std::string name = without_link(line.device);
    return std::any_of(volumes.begin(), volumes.end(),
                       [&name](const Volume& volume) { return is_name_of(name, volume); });
}

}  // namespace

std::optional<std::string> fstab_of_overlay(std::string_view fstab, const Volumes& volumes) {
    std::string edited;
    bool is_changed = false;
    bool has_root = false;
    while (!fstab.empty()) {
        const std::string_view text = take_line(fstab);
        const Line line = parse_whole_line(text);
        const bool is_root = line.target == "/";
        const bool is_lost = is_lost_swap(line, volumes);
        is_changed = is_changed || is_root || is_lost;
        if (is_lost) {
            edited += cat(kNoSwap, text);
        } else if (!is_root) {
            edited += text;
        } else if (!has_root) {
            edited += kOverlayLine;
        }
        has_root = has_root || is_root;
    }
    if (!is_changed) return std::nullopt;
    return edited;
}

bool has_swap(std::string_view fstab) {
    while (!fstab.empty()) {
        if (parse_whole_line(take_line(fstab)).type == "swap") return true;
    }
    return false;
}

}  // namespace nbdroot::agent::root
