#include "lib/sys/file_names.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <climits>
#include <cstdio>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {

std::string absolute_path(const std::string& path) {
    std::array<char, PATH_MAX> here{};
    if (path.starts_with('/') || ::getcwd(here.data(), here.size()) == nullptr) return path;
    return cat(here.data(), here[1] == '\0' ? "" : "/", path);
}

Result<void> rename_file(const std::string& from, const std::string& to) {
    if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno("rename", from);
    return {};
}

Result<void> rename_to_new_name(const std::string& from, const std::string& to) {
    if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return {};
    if (errno != EINVAL && errno != ENOSYS) return fail_errno("rename", to);
    // A file system that cannot do that, NFS for one.
    if (::link(from.c_str(), to.c_str()) != 0) return fail_errno("rename", to);
    return unlink_file(from);
}

Result<void> link_file(const std::string& from, const std::string& to) {
    if (::link(from.c_str(), to.c_str()) != 0) return fail_errno("make", to);
    return {};
}

Result<void> link_open_file(int fd, const std::string& to) {
    const std::string from = cat("/proc/self/fd/", fd);
    if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), AT_SYMLINK_FOLLOW) != 0) {
        return fail_errno("make", to);
    }
    return {};
}

Result<void> unlink_file(const std::string& path) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("remove", path);
    return {};
}

Result<std::uint64_t> count_names(const std::string& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return fail_errno("stat", path);
    return std::uint64_t{status.st_nlink};
}

Result<Fd> lock_directory(const std::string& path) {
    Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) return fail_errno("lock", path);
    return fd;
}

Result<void> sync_directory(const std::string& path) {
    const Fd fd = NBDROOT_TRY(open_file(path, O_RDONLY | O_DIRECTORY));
    if (::fsync(fd.get()) != 0) return fail_errno("sync", path);
    return {};
}

Result<std::int64_t> names_changed_ns(const std::string& path) {
    constexpr std::int64_t nanoseconds_per_second = 1'000'000'000;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return fail_errno("look at", path);
    return status.st_ctim.tv_sec * nanoseconds_per_second + status.st_ctim.tv_nsec;
}

}  // namespace nbdroot::sys
