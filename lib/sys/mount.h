// Mounts and the root directory.
#pragma once

#include <string>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

struct MountRequest {
    std::string source;
    std::string target;
    std::string type;
    unsigned long flags = 0;  // MS_…
    std::string data;         // what the file system itself reads
};

// mount(2).
[[nodiscard]] Result<void> mount_file_system(const MountRequest& request);

// Moves what is mounted at FROM to TO.
[[nodiscard]] Result<void> move_mount(const std::string& from, const std::string& to);

// Takes PATH out of the tree at once; it goes for good when nobody uses it any more.
[[nodiscard]] Result<void> detach_mount(const std::string& path);

// Fails where it is in use (EBUSY).
[[nodiscard]] Result<void> unmount(const std::string& path);

// The file system at PATH, and every other place where it is mounted. Fails where a file is open
// for writing (EBUSY).
[[nodiscard]] Result<void> remount_read_only(const std::string& path);

// Programs in DIRECTORY can be executed, whatever the file system's own mount says: the directory
// is mounted on itself, unless it is a mount's root already.
[[nodiscard]] Result<void> allow_programs_in(const std::string& directory);

// Whether PATH exists and lies on another file system than its parent.
[[nodiscard]] bool is_mount_point(const std::string& path);

// Whether the file system under DIRECTORY lives in memory only: ramfs or tmpfs.
[[nodiscard]] bool lives_in_memory(const Fd& directory);

// The mount at PATH becomes "/" of this process: mount --move, chroot, chdir.
[[nodiscard]] Result<void> enter_mount_as_root(const std::string& path);

// Removes everything under DIRECTORY that lies on its own file system; mount points stay. Goes on
// over errors: what cannot be removed only costs memory.
void remove_contents(const Fd& directory);

// Whether PATH, seen by a process whose root is ROOT, is a file that can be executed; symbolic
// links are followed inside ROOT. The Error says what it is instead.
[[nodiscard]] Result<void> check_program(const std::string& root, const std::string& path);

// The first COUNT bytes of that file, fewer where it is shorter. ENOSYS before Linux 5.6.
[[nodiscard]] Result<Bytes> read_program_start(const std::string& root, const std::string& path,
                                               std::size_t count);

}  // namespace nbdroot::sys
