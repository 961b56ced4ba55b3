#include "agent/root/volume.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::agent::root {
namespace {

constexpr std::size_t kShownMaximum = 4;
constexpr std::size_t kLabelShown = 36;

void append_tag(std::string& text, std::string_view tag, std::string_view value) {
    if (!value.empty()) text += cat(", ", tag, base::printable(value, kLabelShown));
}

}  // namespace

std::string describe(const Volume& volume) {
    std::string text = cat(volume.node, ": ");
    if (volume.content) {
        text += volume.content->file_system;
        append_tag(text, "UUID=", volume.content->uuid);
        append_tag(text, "LABEL=", volume.content->label);
    } else {
        text += volume.other.empty() ? "no file system known here" : volume.other;
    }
    if (!volume.partition) return text;
    append_tag(text, "PARTUUID=", volume.partition->uuid);
    append_tag(text, "PARTLABEL=", volume.partition->name);
    if ((volume.partition->attributes & disk::kAttributeNoAuto) != 0) text += ", no-auto";
    return text;
}

std::string describe(const Volumes& volumes) {
    // A device with partitions holds nothing else.
    std::size_t first = volumes.size() > 1 && !volumes.front().content ? 1 : 0;
    const std::size_t end = std::min(volumes.size(), first + kShownMaximum);
    std::string text;
    for (; first < end; ++first) text += cat(text.empty() ? "" : "; ", describe(volumes[first]));
    if (end < volumes.size()) text += cat("; and ", volumes.size() - end, " more");
    return text;
}

}  // namespace nbdroot::agent::root
