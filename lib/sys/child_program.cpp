#include "lib/sys/child_program.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>
#include <vector>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// The same number on every architecture (include/uapi/asm-generic/unistd.h); libc may be older.
constexpr long kPidfdOpen = 434;

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> list;
    list.reserve(texts.size() + 1);
    for (const std::string& text : texts) list.push_back(const_cast<char*>(text.c_str()));
    list.push_back(nullptr);
    return list;
}

// What posix_spawn(3) is told; its calls report errors by value, and fail only without memory.
struct Plan {
    posix_spawn_file_actions_t files{};
    posix_spawnattr_t attributes{};

    explicit Plan(int output) {
        posix_spawn_file_actions_init(&files);
        posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
        posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
        posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
        posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
        posix_spawnattr_init(&attributes);
        sigset_t signals;
        sigemptyset(&signals);
        posix_spawnattr_setsigmask(&attributes, &signals);
        sigfillset(&signals);
        posix_spawnattr_setsigdefault(&attributes, &signals);
        posix_spawnattr_setpgroup(&attributes, 0);
        posix_spawnattr_setflags(
            &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    }
    Plan(const Plan&) = delete;
    Plan& operator=(const Plan&) = delete;
    ~Plan() {
        posix_spawn_file_actions_destroy(&files);
        posix_spawnattr_destroy(&attributes);
    }
};

}  // namespace

Result<ChildProgram> ChildProgram::start(const Program& program, int output,
                                         Environment environment) {
    std::vector<std::string> arguments{program.path};
    arguments.insert(arguments.end(), program.arguments.begin(), program.arguments.end());
    std::vector<std::string> settings;
    if (environment == Environment::added) {
        for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
            settings.emplace_back(*entry);
        }
    }
    settings.insert(settings.end(), program.environment.begin(), program.environment.end());
    const Plan plan(output);
    pid_t pid = 0;
    const int code = posix_spawn(&pid, program.path.c_str(), &plan.files, &plan.attributes,
                                 pointers(arguments).data(), pointers(settings).data());
    if (code != 0) return fail_errno("start", program.path, code);
    Fd end(static_cast<int>(syscall(kPidfdOpen, pid, 0U)));
    if (!end) {
        const int why = errno;
        kill_group(pid);
        return fail_errno("pidfd_open", program.path, why);
    }
    return ChildProgram(pid, std::move(end));
}

ChildProgram::ChildProgram(ChildProgram&& other) noexcept
    : pid_(std::exchange(other.pid_, 0)), end_(std::move(other.end_)) {}

ChildProgram& ChildProgram::operator=(ChildProgram&& other) noexcept {
    if (this == &other) return *this;
    end();
    pid_ = std::exchange(other.pid_, 0);
    end_ = std::move(other.end_);
    return *this;
}

ChildProgram::~ChildProgram() { end(); }

void ChildProgram::end() {
    kill();
    static_cast<void>(collect());
}

void ChildProgram::kill() const {
    if (pid_ != 0) ::kill(-pid_, SIGKILL);
}

std::optional<ChildEnd> ChildProgram::collect() {
    int status = 0;
    if (pid_ == 0 || waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
    pid_ = 0;
    if (WIFSIGNALED(status)) return ChildEnd{.signal = WTERMSIG(status)};
    return ChildEnd{.status = WEXITSTATUS(status)};
}

}  // namespace nbdroot::sys
