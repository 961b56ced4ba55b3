// The walk of remove_contents(), declared in mount.h.
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "lib/sys/mount.h"

namespace nbdroot::sys {
namespace {

// Deeper than any initramfs; a bound for the stack.
constexpr int kMaximumDepth = 64;

bool is_dot(const char* name) {
    return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

void remove_below(int directory, dev_t device, int depth);

void remove_entry(int directory, const char* name, dev_t device, int depth) {
    struct stat info {};
    if (::fstatat(directory, name, &info, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) != 0) return;
    if (info.st_dev != device) return;  // a mount point: the new root, or what stays
    if (!S_ISDIR(info.st_mode)) {
        ::unlinkat(directory, name, 0);
        return;
    }
    const Fd below(::openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (below && depth < kMaximumDepth) remove_below(below.get(), device, depth + 1);
    ::unlinkat(directory, name, AT_REMOVEDIR);
}

void remove_below(int directory, dev_t device, int depth) {
    // fdopendir(3) takes the descriptor over; the caller keeps its own.
    Fd own(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!own) return;
    DIR* const entries = ::fdopendir(own.get());
    if (entries == nullptr) return;
    static_cast<void>(own.release());
    while (const dirent* const entry = ::readdir(entries)) {
        if (!is_dot(entry->d_name)) remove_entry(directory, entry->d_name, device, depth);
    }
    ::closedir(entries);
}

}  // namespace

void remove_contents(const Fd& directory) {
    struct stat info {};
    if (::fstat(directory.get(), &info) != 0) return;
    remove_below(directory.get(), info.st_dev, 0);
}

}  // namespace nbdroot::sys
