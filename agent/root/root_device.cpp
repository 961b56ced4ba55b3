#include "agent/root/root_device.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "lib/base/text.h"

namespace nbdroot::agent::root {
namespace {

// As many as the kernel has numbers for.
constexpr std::uint64_t kMaximumPartition = 255;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool same_uuid(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool same_label(std::string_view a, std::string_view b) { return a == b; }

std::string_view uuid_of(const Volume& volume) {
    return volume.content ? volume.content->uuid : volume.swap.uuid;
}
std::string_view label_of(const Volume& volume) {
    return volume.content ? volume.content->label : volume.swap.label;
}
std::string_view part_uuid_of(const Volume& volume) {
    return volume.partition ? std::string_view(volume.partition->uuid) : std::string_view();
}
std::string_view part_label_of(const Volume& volume) {
    return volume.partition ? std::string_view(volume.partition->name) : std::string_view();
}

struct Tag {
    std::string_view name;
    std::string_view (*value_of)(const Volume&);
    bool (*same)(std::string_view, std::string_view);
};

constexpr std::array<Tag, 4> kTags = {{{"UUID=", uuid_of, same_uuid},
                                       {"LABEL=", label_of, same_label},
                                       {"PARTUUID=", part_uuid_of, same_uuid},
                                       {"PARTLABEL=", part_label_of, same_label}}};

struct Wish {
    const Tag* tag = nullptr;
    std::string_view value;
    std::uint32_t number_offset = 0;  // of PARTUUID=X/PARTNROFF=N, from the partition that is X
};

std::optional<Wish> parse_tag(std::string_view root) {
    for (const Tag& tag : kTags) {
        if (!root.starts_with(tag.name)) continue;
        Wish wish{.tag = &tag, .value = root.substr(tag.name.size())};
        std::string_view& value = wish.value;
        if (value.size() >= 2 && value.front() == '"' && value.back() == '"') {
            value = value.substr(1, value.size() - 2);
        }
        constexpr std::string_view kOffset = "/PARTNROFF=";
        const std::size_t at = value.find(kOffset);
        if (tag.value_of != part_uuid_of || at == std::string_view::npos) return wish;
        const auto number =
            base::parse_decimal(value.substr(at + kOffset.size()), kMaximumPartition);
        if (!number) return wish;
        wish.number_offset = static_cast<std::uint32_t>(*number);
        value = value.substr(0, at);
        return wish;
    }
    return std::nullopt;
}

bool matches(const Wish& wish, const Volume& volume) {
    return !wish.value.empty() && wish.tag->same(wish.value, wish.tag->value_of(volume));
}

// dracut's documentation has root=/dev/root beside netroot=.
bool is_automatic(std::string_view root) {
    return root.empty() || root == "/dev/root" || root == "auto" || root == "gpt-auto";
}

std::string quoted(const std::string& root) { return cat("root=", base::printable(root)); }

Result<Choice> one_of(const std::vector<const Volume*>& found, const std::string& root,
                      std::string_view what, const Volumes& volumes) {
    if (found.size() == 1) return Choice{.node = found.front()->node};
    const std::string& device = volumes.front().node;
    return fail("find", quoted(root),
                cat(found.empty() ? "nothing on " : "more than one on ", device, " has this ", what,
                    "; there are: ", describe(volumes), "; write one of these, or root=", device,
                    volumes.size() > 1 ? "pN" : ""));
}

Result<Choice> choose_by_tag(const Wish& wish, const std::string& root, const Volumes& volumes) {
    std::vector<const Volume*> found;
    for (const Volume& volume : volumes) {
        if (matches(wish, volume)) found.push_back(&volume);
    }
    if (found.size() == 1 && wish.number_offset > 0) {
        const std::uint32_t number = found.front()->partition->number + wish.number_offset;
        found.clear();
        for (const Volume& volume : volumes) {
            if (volume.partition && volume.partition->number == number) found.push_back(&volume);
        }
    }
    return one_of(found, root, wish.tag->name.substr(0, wish.tag->name.size() - 1), volumes);
}

bool is_partition(std::string_view root, const std::string& device) {
    if (!root.starts_with(device + 'p')) return false;
    root.remove_prefix(device.size() + 1);
    const auto number = base::parse_decimal(root, kMaximumPartition);
    return number && *number > 0 && root.front() != '0';
}

bool may_be_automatic(const Volume& volume) {
    return volume.partition && (volume.partition->attributes & disk::kAttributeNoAuto) == 0;
}

Result<Choice> choose_automatically(const Volumes& volumes, RootType type) {
    const Volume& whole = volumes.front();
    if (whole.content || volumes.size() == 1) return Choice{.node = whole.node};
    std::vector<const Volume*> roots;
    std::vector<const Volume*> mountable;
    std::vector<const Volume*> allowed;
    for (const Volume& volume : volumes) {
        if (!may_be_automatic(volume)) continue;
        allowed.push_back(&volume);
        if (volume.partition->type == root_partition_type()) roots.push_back(&volume);
        if (volume.content) mountable.push_back(&volume);
    }
    if (type == RootType::given && mountable.empty() && allowed.size() == 1) mountable = allowed;
    const auto& found = roots.empty() ? mountable : roots;
    if (found.size() == 1) {
        const std::uint64_t attributes = found.front()->partition->attributes;
        return Choice{.node = found.front()->node,
                      .read_only = (attributes & disk::kAttributeReadOnly) != 0};
    }
    const std::string_view why = !roots.empty() ? "more than one partition is of the root type"
                                 : !mountable.empty() ? "more than one partition has a file system"
                                                      : "no partition has a file system known here";
    return fail("find", "the root",
                cat(why, "; there are: ", describe(volumes), "; write root=", whole.node,
                    "pN, root=UUID=... or root=PARTUUID=..."));
}

}  // namespace

std::string_view root_partition_type() {
#if defined(__x86_64__)
    return "4f68bce3-e8cd-4db1-96e7-fbcaf984b709";
#elif defined(__aarch64__)
    return "b921b045-1df0-41c3-af44-4c6f280d3fae";
#elif defined(__arm__)
    return "69dad710-2ce4-4e3c-b16c-21a1d49abed3";
#elif defined(__i386__)
    return "44479540-f297-41b2-9af7-d131d5f0458a";
#elif defined(__riscv) && __riscv_xlen == 64
    return "72ec70a6-cf74-40e6-bd49-4bda08e8f224";
#else
    return "";
#endif
}

bool is_name_of(const std::string& name, const Volume& volume) {
    if (name == volume.node) return true;
    const auto wish = parse_tag(name);
    return wish && wish->number_offset == 0 && matches(*wish, volume);
}

bool is_whole_device(const std::string& root, const Volume& whole) {
    return is_automatic(root) ? whole.content.has_value() : is_name_of(root, whole);
}

Result<Choice> choose_device(const std::string& root, const Volumes& volumes, RootType type) {
    const Volume& whole = volumes.front();
    const std::string& device = whole.node;
    if (is_automatic(root)) return choose_automatically(volumes, type);
    if (root == device) return Choice{.node = device};
    if (is_partition(root, device)) return Choice{.node = root};
    if (const auto wish = parse_tag(root)) return choose_by_tag(*wish, root, volumes);
    return fail("find", quoted(root),
                cat("the root lies on ", device, ": write root=", device, ", root=", device,
                    "pN, or leave root= out"));
}

}  // namespace nbdroot::agent::root
