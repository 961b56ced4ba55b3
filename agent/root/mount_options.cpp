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
constexpr std::array<Word, 22> kWords = {{
    {"defaults", 0, 0},
    {"auto", 0, 0},
    {"noauto", 0, 0},
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
}};

void apply(MountOptions& options, std::string_view word) {
    if (word == "ro" || word == "rw") {
        options.read_only = word == "ro";
        return;
    }
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
