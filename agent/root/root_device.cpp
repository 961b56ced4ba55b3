#include "agent/root/root_device.h"

#include <algorithm>
#include <string_view>

#include "lib/base/text.h"

namespace nbdroot::agent::root {
namespace {

// GPT tables of 128 entries are what tools make; nbd itself has max_part=16 unless told otherwise.
constexpr std::uint64_t kMaximumPartition = 128;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_uuid(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

// The value of NAME=VALUE or NAME="VALUE".
std::optional<std::string_view> tag_value(std::string_view text, std::string_view name) {
    if (!text.starts_with(name)) return std::nullopt;
    text.remove_prefix(name.size());
    if (text.size() >= 2 && text.front() == '"' && text.back() == '"') {
        text = text.substr(1, text.size() - 2);
    }
    return text;
}

std::string describe_whole(const std::optional<disk::Superblock>& whole,
                           const std::string& device) {
    if (!whole) return cat(device, " as a whole holds no file system known here");
    return cat(device, " holds ", whole->file_system, " with UUID '", whole->uuid, "' and label '",
               base::printable(whole->label), "'");
}

Failure wrong_tag(const std::string& root, const std::string& device,
                  const std::optional<disk::Superblock>& whole) {
    return fail("find", "root=" + root,
                cat(describe_whole(whole, device), "; partitions are not searched for it: write ",
                    "root=", device, "pN, or leave root= out for the whole device"));
}

bool is_partition(std::string_view root, const std::string& device) {
    if (!root.starts_with(device + 'p')) return false;
    root.remove_prefix(device.size() + 1);
    const auto number = base::parse_decimal(root, kMaximumPartition);
    return number && *number > 0 && root.front() != '0';
}

}  // namespace

Result<std::string> choose_device(const std::string& root, const std::string& device,
                                  const std::optional<disk::Superblock>& whole) {
    // dracut's documentation has root=/dev/root beside netroot=.
    if (root.empty() || root == device || root == "/dev/root") return device;
    if (is_partition(root, device)) return root;
    if (const auto uuid = tag_value(root, "UUID=")) {
        if (whole && !uuid->empty() && same_uuid(*uuid, whole->uuid)) return device;
        return wrong_tag(root, device, whole);
    }
    if (const auto label = tag_value(root, "LABEL=")) {
        if (whole && !label->empty() && *label == whole->label) return device;
        return wrong_tag(root, device, whole);
    }
    if (root.starts_with("PARTUUID=") || root.starts_with("PARTLABEL=")) {
        return fail("find", "root=" + root,
                    cat("partitions are found by their number only: write root=", device, "pN"));
    }
    return fail("find", "root=" + root,
                cat("the root lies on ", device, ": write root=", device, ", root=", device,
                    "pN, or leave root= out"));
}

}  // namespace nbdroot::agent::root
