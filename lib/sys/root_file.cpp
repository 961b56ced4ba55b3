#include "lib/sys/root_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include <linux/openat2.h>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {
namespace {

// Leads to the very file, whatever its path means by now.
std::string path_of(const Fd& file) { return cat("/proc/self/fd/", file.get()); }

Result<Fd> open_below(const std::string& root, const std::string& path, int flags) {
    auto file = open_in_root(root, path, static_cast<std::uint64_t>(flags));
    const bool is_old_kernel = !file && file.error().code == ENOSYS;
    return is_old_kernel ? open_file(root + path, flags | O_NOFOLLOW) : std::move(file);
}

struct RegularFile {
    Fd fd;
    struct stat info {};
};

Result<RegularFile> open_regular(const std::string& root, const std::string& path) {
    RegularFile file{.fd = NBDROOT_TRY(open_below(root, path, O_PATH))};
    if (::fstat(file.fd.get(), &file.info) != 0) return fail_errno("look at", path);
    if (!S_ISREG(file.info.st_mode)) return fail("look at", path, "is not a regular file", EINVAL);
    return file;
}

Result<void> set_access(const std::string& path, const struct stat& info) {
    if (::chown(path.c_str(), info.st_uid, info.st_gid) != 0) return fail_errno("chown", path);
    if (::chmod(path.c_str(), info.st_mode & 07777) != 0) return fail_errno("chmod", path);
    return {};
}

}  // namespace

Result<Fd> open_in_root(const std::string& root, const std::string& path, std::uint64_t flags) {
    const Fd directory = NBDROOT_TRY(open_file(root, O_PATH | O_DIRECTORY));
    open_how how{};
    how.flags = flags | O_CLOEXEC;
    how.resolve = RESOLVE_IN_ROOT;
    Fd file(
        static_cast<int>(::syscall(SYS_openat2, directory.get(), path.c_str(), &how, sizeof how)));
    if (!file) return fail_errno("find", path);
    return file;
}

Result<bool> has_file_in_root(const std::string& root, const std::string& path) {
    const auto file = open_regular(root, path);
    if (!file && file.error().code != ENOENT) return fail(file.error());
    return file.has_value();
}

Result<std::string> read_text_in_root(const std::string& root, const std::string& path,
                                      std::size_t maximum) {
    const RegularFile file = NBDROOT_TRY(open_regular(root, path));
    return read_text_file(path_of(file.fd), maximum);
}

Result<std::vector<std::string>> list_in_root(const std::string& root, const std::string& path) {
    Fd file = NBDROOT_TRY(open_below(root, path, O_RDONLY | O_DIRECTORY));
    DIR* const directory = ::fdopendir(file.get());
    if (directory == nullptr) return fail_errno("list", path);
    (void)file.release();
    std::vector<std::string> names;
    while (const dirent* const entry = ::readdir(directory)) {
        if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
    }
    ::closedir(directory);
    std::sort(names.begin(), names.end());
    return names;
}

Result<void> cover_in_root(const std::string& source, const std::string& root,
                           const std::string& path, Cover cover) {
    const RegularFile file = NBDROOT_TRY(open_regular(root, path));
    NBDROOT_CHECK(set_access(source, file.info));
    if (::mount(source.c_str(), path_of(file.fd).c_str(), nullptr, MS_BIND, nullptr) != 0) {
        return fail_errno("bind mount over", path);
    }
    if (cover == Cover::writable) return {};
    // The file as it is seen now: the descriptor still leads below the mount.
    const Fd covered = NBDROOT_TRY(open_below(root, path, O_PATH));
    const unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
    if (::mount(nullptr, path_of(covered).c_str(), nullptr, flags, nullptr) != 0) {
        return fail_errno("make read-only", path);
    }
    return {};
}

}  // namespace nbdroot::sys
