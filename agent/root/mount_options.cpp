#include "agent/root/mount_options.h"

#include <sys/mount.h>

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace nbdroot::agent::root {
namespace {

struct Word {
    std::string_view name;
    unsigned long set;
    unsigned long clear;
};

// mount(8), "filesystem-independent mount options", those that mount(2) takes as flags.
constexpr unsigned long kAccessTimes = MS_NOATIME | MS_RELATIME | MS_STRICTATIME;
constexpr unsigned long kNoSymbolicLinks = 256;  // MS_NOSYMFOLLOW, which older headers lack
constexpr std::array<Word, 26> kWords = {{
    {"defaults", 0, 0},
    {"nosuid", MS_NOSUID, 0},
    {"suid", 0, MS_NOSUID},
    {"nodev", MS_NODEV, 0},
    {"dev", 0, MS_NODEV},
    {"noexec", MS_NOEXEC, 0},
    {"exec", 0, MS_NOEXEC},
    {"sync", MS_SYNCHRONOUS, 0},
    {"async", 0, MS_SYNCHRONOUS},
    {"dirsync", MS_DIRSYNC, 0},
    {"noatime", MS_NOATIME, kAccessTimes},
    {"atime", 0, MS_NOATIME},
    {"relatime", MS_RELATIME, kAccessTimes},
    {"norelatime", 0, MS_RELATIME},
    {"strictatime", MS_STRICTATIME, kAccessTimes},
    {"nodiratime", MS_NODIRATIME, 0},
    {"diratime", 0, MS_NODIRATIME},
    {"lazytime", MS_LAZYTIME, 0},
    {"nolazytime", 0, MS_LAZYTIME},
    {"silent", MS_SILENT, 0},
    {"loud", 0, MS_SILENT},
    {"iversion", MS_I_VERSION, 0},
    {"noiversion", 0, MS_I_VERSION},
    {"mand", MS_MANDLOCK, 0},
    {"nomand", 0, MS_MANDLOCK},
    {"nosymfollow", kNoSymbolicLinks, 0},
}};

// For those who read fstab: when to mount, and who may. No file system knows them.
constexpr std::array<std::string_view, 12> kUserSpace = {"auto",  "noauto",  "nofail", "_netdev",
                                                         "user",  "nouser",  "users",  "nousers",
                                                         "owner", "noowner", "group",  "nogroup"};
constexpr std::array<std::string_view, 3> kUserSpacePrefixes = {"x-", "X-", "comment="};

bool is_for_user_space(std::string_view word) {
    return std::find(kUserSpace.begin(), kUserSpace.end(), word) != kUserSpace.end() ||
           std::any_of(kUserSpacePrefixes.begin(), kUserSpacePrefixes.end(),
                       [word](std::string_view prefix) { return word.starts_with(prefix); });
}

void apply(MountOptions& options, std::string_view word) {
    if (word == "ro" || word == "rw") {
        options.read_only = word == "ro";
        return;
    }
    if (is_for_user_space(word)) return;
    const auto* const known = std::find_if(kWords.begin(), kWords.end(),
                                           [word](const Word& w) { return w.name == word; });
    if (known == kWords.end()) {
        options.data = with_option(options.data, word);
    } else {
        options.flags = (options.flags & ~known->clear) | known->set;
    }
}

}  // namespace

MountOptions split_mount_options(std::string_view text) {
    MountOptions options;
    for (const std::string_view word : base::split(text, ',')) {
        if (!word.empty()) apply(options, word);
    }
    return options;
}

bool has_option(std::string_view data, std::string_view option) {
    const auto words = base::split(data, ',');
    return std::find(words.begin(), words.end(), option) != words.end();
}

std::string_view skip_recovery_option(std::string_view file_system) {
    if (file_system == "ext3" || file_system == "ext4") return "noload";
    if (file_system == "xfs") return "norecovery";
    if (file_system == "btrfs") return "rescue=nologreplay";
    if (file_system == "f2fs") return "norecovery";
    return {};
}

std::string with_option(std::string_view data, std::string_view option) {
    return data.empty() ? std::string(option) : cat(data, ',', option);
}

}  // namespace nbdroot::agent::root
