#include "lib/sys/file_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <string_view>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

// Follows links.
mode_t type_of(DIR* directory, const char* name) {
    struct stat info {};
    return ::fstatat(::dirfd(directory), name, &info, 0) == 0 ? info.st_mode & S_IFMT : 0;
}

Result<std::vector<std::string>> list(const std::string& directory, mode_t type) {
    const std::unique_ptr<DIR, CloseDirectory> entries(::opendir(directory.c_str()));
    if (!entries) return fail_errno("open", directory);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* const entry = ::readdir(entries.get())) {
        const std::string_view name = entry->d_name;
        if (name == "." || name == "..") continue;
        if (type_of(entries.get(), entry->d_name) == type) names.emplace_back(name);
        errno = 0;
    }
    if (errno != 0) return fail_errno("read", directory);
    return names;
}

}  // namespace

Result<std::vector<std::string>> list_files(const std::string& directory) {
    auto names = NBDROOT_TRY(list(directory, S_IFREG));
    std::sort(names.begin(), names.end());
    return names;
}

Result<std::vector<std::string>> list_directories(const std::string& directory) {
    return list(directory, S_IFDIR);
}

}  // namespace nbdroot::sys
