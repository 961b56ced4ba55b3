#include "lib/sys/private_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>

#include "lib/base/text.h"
#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

Result<std::string> absolute(const std::string& path) {
    struct Free {
        void operator()(char* text) const { std::free(text); }
    };
    const std::unique_ptr<char, Free> found(::realpath(path.c_str(), nullptr));
    if (!found) return fail_errno("look at", path);
    return std::string(found.get());
}

// By owner, group and mode alone: access(2) answers for who we are still.
bool is_usable_by(const struct stat& status, const Account& account) {
    constexpr mode_t use = S_IWUSR | S_IXUSR;
    if (account.user == 0) return true;
    const mode_t granted = status.st_uid == account.user    ? status.st_mode
                           : status.st_gid == account.group ? status.st_mode << 3
                                                            : status.st_mode << 6;
    return (granted & use) == use;
}

Result<void> check_usable(const std::string& path, const std::optional<Account>& owner) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return fail_errno("look at", path);
    if (!S_ISDIR(status.st_mode)) return fail("directory", path, "not a directory");
    const bool is_usable = owner && ::geteuid() == 0
                               ? is_usable_by(status, *owner)
                               : ::access(path.c_str(), R_OK | W_OK | X_OK) == 0;
    if (is_usable) return {};
    return fail("directory", path,
                cat("user ", owner ? owner->user : ::geteuid(), " cannot make files in it"));
}

Result<void> make(const std::string& path, const std::optional<Account>& owner) {
    if (::mkdir(path.c_str(), 0700) != 0) return fail_errno("create directory", path);
    if (!owner || ::geteuid() != 0) return {};
    if (::lchown(path.c_str(), owner->user, owner->group) == 0) return {};
    const int code = errno;
    ::rmdir(path.c_str());
    return fail_errno("chown", path, code);
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

Result<std::string> private_directory(const std::string& path, const std::optional<Account>& owner,
                                      Missing missing) {
    std::string place = path;
    while (place.size() > 1 && place.back() == '/') place.pop_back();
    struct stat status {};
    const bool is_there = ::stat(place.c_str(), &status) == 0;
    if (!is_there && errno != ENOENT) return fail_errno("look at", place);
    if (!is_there && missing == Missing::leave) {
        const std::string parent = NBDROOT_TRY(absolute(parent_of(place)));
        NBDROOT_CHECK(check_usable(parent, std::nullopt));
        const std::string name = place.substr(place.rfind('/') + 1);
        return cat(parent == "/" ? "" : parent, "/", name);
    }
    if (!is_there) NBDROOT_CHECK(make(place, owner));
    NBDROOT_CHECK(check_usable(place, owner));
    return absolute(place);
}

}  // namespace nbdroot::sys
