#include "agent/root/fstab.h"

namespace nbdroot::agent::root {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::string_view kOverlayLine = "overlay / overlay rw 0 0\n";

// Takes the first field off LINE; empty at its end.
std::string_view take_field(std::string_view& line) {
    line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
    const std::string_view field = line.substr(0, line.find_first_of(kBlanks));
    line.remove_prefix(field.size());
    return field;
}

bool is_root_line(std::string_view line) {
    if (take_field(line).starts_with('#')) return false;
    return take_field(line) == "/";
}

}  // namespace

std::optional<std::string> fstab_of_overlay(std::string_view fstab) {
    std::string edited;
    bool found = false;
    while (!fstab.empty()) {
        const std::size_t end = fstab.find('\n');
        const std::string_view line = fstab.substr(0, end);
        const std::size_t length = end == std::string_view::npos ? fstab.size() : end + 1;
        if (!is_root_line(line)) {
            edited += fstab.substr(0, length);
        } else if (!found) {
            edited += kOverlayLine;
            found = true;
        }
        fstab.remove_prefix(length);
    }
    if (!found) return std::nullopt;
    return edited;
}

}  // namespace nbdroot::agent::root
