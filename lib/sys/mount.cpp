#include "lib/sys/mount.h"

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"
#include "lib/sys/root_file.h"

namespace nbdroot::sys {
namespace {

// The line of fdinfo that tells mounts apart, bind mounts of one file system too (proc(5)).
std::string mount_id(const std::string& path) {
    const auto fd = open_file(path, O_PATH | O_DIRECTORY);
    const auto text = fd ? read_text_file(cat("/proc/self/fdinfo/", fd->get()))
                         : Result<std::string>(fail(fd.error()));
    const std::size_t line = text ? text->find("mnt_id:") : std::string::npos;
    return line == std::string::npos ? std::string()
                                     : text->substr(line, text->find('\n', line) - line);
}

bool is_root_of_mount(const std::string& path) {
    const std::string id = mount_id(path);
    return !id.empty() && id != mount_id(path + "/..");
}

}  // namespace

Result<void> mount_file_system(const MountRequest& request) {
    const char* const data = request.data.empty() ? nullptr : request.data.c_str();
    if (::mount(request.source.c_str(), request.target.c_str(), request.type.c_str(), request.flags,
                data) != 0) {
        return fail_errno("mount", cat(request.source, " on ", request.target));
    }
    return {};
}

Result<void> move_mount(const std::string& from, const std::string& to) {
    if (::mount(from.c_str(), to.c_str(), nullptr, MS_MOVE, nullptr) != 0) {
        return fail_errno("move mount", cat(from, " to ", to));
    }
    return {};
}

Result<void> detach_mount(const std::string& path) {
    if (::umount2(path.c_str(), MNT_DETACH) != 0) return fail_errno("unmount", path);
    return {};
}

Result<void> unmount(const std::string& path) {
    if (::umount2(path.c_str(), UMOUNT_NOFOLLOW) != 0) return fail_errno("unmount", path);
    return {};
}

Result<void> remount_read_only(const std::string& path) {
    if (::mount(nullptr, path.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) != 0) {
        return fail_errno("remount read-only", path);
    }
    return {};
}

Result<void> allow_programs_in(const std::string& directory) {
    const char* const path = directory.c_str();
    if (!is_root_of_mount(directory) && ::mount(path, path, nullptr, MS_BIND, nullptr) != 0) {
        return fail_errno("bind mount", directory);
    }
    const unsigned long flags = MS_REMOUNT | MS_BIND | MS_NOSUID | MS_NODEV;
    if (::mount(nullptr, path, nullptr, flags, nullptr) != 0)
        return fail_errno("remount", directory);
    return {};
}

bool is_mount_point(const std::string& path) {
    struct stat self {};
    struct stat parent {};
    if (::lstat(path.c_str(), &self) != 0) return false;
    if (::lstat((path + "/..").c_str(), &parent) != 0) return false;
    return self.st_dev != parent.st_dev;
}

bool lives_in_memory(const Fd& directory) {
    struct statfs info {};
    if (::fstatfs(directory.get(), &info) != 0) return false;
    const auto type = static_cast<unsigned long>(info.f_type);
    return type == RAMFS_MAGIC || type == TMPFS_MAGIC;
}

Result<void> enter_mount_as_root(const std::string& path) {
    if (::chdir(path.c_str()) != 0) return fail_errno("change directory", path);
    if (::mount(".", "/", nullptr, MS_MOVE, nullptr) != 0) {
        return fail_errno("move mount", path + " to /");
    }
    if (::chroot(".") != 0) return fail_errno("chroot", path);
    if (::chdir("/") != 0) return fail_errno("change directory", "/");
    return {};
}

Result<void> check_program(const std::string& root, const std::string& path) {
    const auto file = open_in_root(root, path, O_PATH);
    // Before Linux 5.6 nothing resolves links in a foreign root: execve(2) will have the last word.
    if (!file && (file.error().code == ENOSYS || file.error().code == EPERM)) return {};
    if (!file) return fail(file.error());
    struct stat info {};
    if (::fstat(file->get(), &info) != 0) return fail_errno("look at", path);
    if (!S_ISREG(info.st_mode)) return fail("execute", path, "is not a regular file", EACCES);
    if ((info.st_mode & 0111) == 0) return fail("execute", path, "is not executable", EACCES);
    return {};
}

Result<Bytes> read_program_start(const std::string& root, const std::string& path,
                                 std::size_t count) {
    const Fd file = NBDROOT_TRY(open_in_root(root, path, O_RDONLY | O_NONBLOCK));
    Bytes bytes(count);
    std::size_t filled = 0;
    while (filled < count) {
        const ssize_t got = ::read(file.get(), bytes.data() + filled, count - filled);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return fail_errno("read", path);
        if (got == 0) break;
        filled += static_cast<std::size_t>(got);
    }
    bytes.resize(filled);
    return bytes;
}

}  // namespace nbdroot::sys
