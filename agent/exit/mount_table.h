// What is mounted, as /proc/PID/mountinfo says (proc_pid_mountinfo(5)). Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::agent::exit {

struct Mount {
    std::string device;       // "43:0"; "0:N" where the file system has no block device of its own
    std::string point;        // as seen from the root of whoever read the table
    std::string type;         // "ext4"
    std::string source;       // "/dev/nbd0", "tmpfs": whatever mount(2) was given
    bool is_writable = true;  // the file system, not this mount of it alone

    bool operator==(const Mount&) const = default;
};

// In the order of the table: what was mounted later, over or below another, comes later. A line
// that has not the fields of a mount is an Error: who misses one could take a dirty device for
// clean.
[[nodiscard]] Result<std::vector<Mount>> parse_mount_table(std::string_view text);

// Whether the file system lies on the block device DISK ("nbd0") or a partition of it, whose
// numbers are NUMBERS ("43:0", "43:1"). Some (btrfs) have numbers of their own and say it by their
// source.
[[nodiscard]] bool lies_on(const Mount& mount, std::string_view disk,
                           const std::vector<std::string>& numbers);

// Whether SOURCE is the node of DISK or of a partition of it; an empty DISK has none.
[[nodiscard]] bool is_source_on(std::string_view source, std::string_view disk);

// What the kernel writes as \NNN (blanks, backslashes) is itself again.
[[nodiscard]] std::string unescape(std::string_view text);

// Whether PATH is FOLDER or something in it.
[[nodiscard]] bool is_within(std::string_view path, std::string_view folder);

}  // namespace nbdroot::agent::exit
