#include "lib/sys/file_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};

bool is_regular(DIR* directory, const char* name) {
    struct stat info {};
    return ::fstatat(::dirfd(directory), name, &info, 0) == 0 && S_ISREG(info.st_mode);
}

}  // namespace

Result<std::vector<std::string>> list_files(const std::string& directory) {
    const std::unique_ptr<DIR, CloseDirectory> entries(::opendir(directory.c_str()));
    if (!entries) return fail_errno("open", directory);
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* const entry = ::readdir(entries.get())) {
        if (is_regular(entries.get(), entry->d_name)) names.emplace_back(entry->d_name);
        errno = 0;
    }
    if (errno != 0) return fail_errno("read", directory);
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace nbdroot::sys
