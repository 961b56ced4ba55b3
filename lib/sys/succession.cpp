#include "lib/sys/succession.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {
namespace {

constexpr const char* kOwnProgram = "/proc/self/exe";

void set_close_on_exec(const std::vector<Legacy>& legacies, int flag) {
    for (const Legacy& one : legacies) ::fcntl(one.fd, F_SETFD, flag);
}

}  // namespace

Error succeed_to(Program program, const std::vector<Legacy>& legacies) {
    std::string list;
    for (const Legacy& one : legacies) {
        list += cat(list.empty() ? "" : ":", one.fd, ':', one.name);
    }
    program.environment.push_back(cat(kLegacyVariable, '=', list));
    set_close_on_exec(legacies, 0);
    Error error = execute(program, SignalState::kept);
    set_close_on_exec(legacies, FD_CLOEXEC);
    return error;
}

Result<std::string> own_program_path(const std::string& word) {
    // Without a slash it was found by $PATH, which may lead elsewhere by now.
    if (word.find('/') == std::string::npos) return read_link(kOwnProgram);
    std::string path = word;
    if (path.front() != '/') {
        std::array<char, PATH_MAX> directory{};
        if (::getcwd(directory.data(), directory.size()) == nullptr) return read_link(kOwnProgram);
        path = cat(std::string_view(directory.data()), '/', word);
    }
    if (check_program(path)) return path;
    return read_link(kOwnProgram);
}

Result<void> check_program(const std::string& path) {
    struct stat found {};
    if (::stat(path.c_str(), &found) != 0) return fail_errno("execute", path);
    if (!S_ISREG(found.st_mode)) return fail_errno("execute", path, EACCES);
    if (::access(path.c_str(), X_OK) != 0) return fail_errno("execute", path);
    return {};
}

bool has_children() {
    pid_t ended = 0;
    do {
        ended = ::waitpid(-1, nullptr, WNOHANG);
    } while (ended > 0);
    return ended == 0;
}

}  // namespace nbdroot::sys
