#include "lib/sys/passed_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <climits>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "lib/base/text.h"
#include "lib/sys/error.h"
#include "lib/sys/succession.h"

namespace nbdroot::sys {
namespace {

constexpr int kFirstPassed = 3;  // SD_LISTEN_FDS_START
constexpr std::uint64_t kMaximumPassed = 64;
constexpr const char* kActivation = "socket activation";

// Before there are threads.
std::optional<std::string> take_variable(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    if (value == nullptr) return std::nullopt;
    std::string text = value;
    ::unsetenv(name);  // NOLINT(concurrency-mt-unsafe)
    return text;
}

int option_of(int fd, int name) {
    int value = -1;
    socklen_t size = sizeof value;
    return ::getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

bool make_ours(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    return flags >= 0 && ::fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0 &&
           ::fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

Result<Fd> take_listener(int number) {
    Fd fd(number);
    const std::string object = cat("descriptor ", number);
    const int type = option_of(number, SO_TYPE);
    if (type < 0) return fail(kActivation, object, "not an open socket");
    if (type != SOCK_STREAM) return fail(kActivation, object, "not a stream socket");
    if (option_of(number, SO_ACCEPTCONN) != 1) {
        return fail(
            kActivation, object,
            "does not listen; a unit of its own for each client (Accept=yes) needs --stdio");
    }
    if (!make_ours(number)) return fail_errno(kActivation, object);
    return fd;
}

std::vector<std::string> split_at_colons(std::string_view text) {
    std::vector<std::string> pieces;
    while (!text.empty()) {
        const std::size_t end = text.find(':');
        pieces.emplace_back(text.substr(0, end));
        if (end == std::string_view::npos) break;
        text.remove_prefix(end + 1);
    }
    return pieces;
}

Result<PassedListeners> take_activated() {
    const auto pid = take_variable("LISTEN_PID");
    const auto count = take_variable("LISTEN_FDS");
    auto names = split_at_colons(take_variable("LISTEN_FDNAMES").value_or(""));
    if (!pid && !count) return PassedListeners();
    if (pid != cat(::getpid())) {
        return fail(kActivation, cat("LISTEN_PID=", base::printable(pid.value_or(""))),
                    cat("the sockets are for another process, this one is ", ::getpid()));
    }
    const auto number = base::parse_decimal(count.value_or(""), kMaximumPassed);
    if (!number || *number == 0) {
        return fail(kActivation, cat("LISTEN_FDS=", base::printable(count.value_or(""))),
                    cat("not a number from 1 to ", kMaximumPassed));
    }
    PassedListeners passed;
    names.resize(*number);
    for (std::size_t i = 0; i < *number; ++i) {
        Fd fd = NBDROOT_TRY(take_listener(kFirstPassed + static_cast<int>(i)));
        passed.sockets.push_back({.fd = std::move(fd), .name = std::move(names[i])});
    }
    return passed;
}

Result<void> take_handed_down(const std::string& list, std::vector<PassedListener>& sockets) {
    const auto pieces = split_at_colons(list);
    for (std::size_t i = 0; i + 1 < pieces.size(); i += 2) {
        const auto number = base::parse_decimal(pieces[i], INT_MAX);
        if (!number) {
            return fail("take over", cat(kLegacyVariable, '=', base::printable(list)),
                        "not a list of descriptors and names");
        }
        Fd fd = NBDROOT_TRY(take_listener(static_cast<int>(*number)));
        sockets.push_back({.fd = std::move(fd), .name = pieces[i + 1]});
    }
    return {};
}

bool same_file(int first, int second) {
    struct stat one {};
    struct stat other {};
    return ::fstat(first, &one) == 0 && ::fstat(second, &other) == 0 &&
           one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

}  // namespace

Result<PassedListeners> take_passed_listeners() {
    PassedListeners passed = NBDROOT_TRY(take_activated());
    const auto handed = take_variable(kLegacyVariable);
    if (!handed) return passed;
    passed.from_predecessor = true;
    NBDROOT_CHECK(take_handed_down(*handed, passed.sockets));
    return passed;
}

bool keep_log_from_standard_input() {
    if (option_of(STDIN_FILENO, SO_TYPE) < 0) return true;
    if (!same_file(STDIN_FILENO, STDERR_FILENO)) return true;
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    return null && ::dup2(null.get(), STDERR_FILENO) == STDERR_FILENO;
}

Result<Accepted> take_standard_input() {
    const int type = option_of(STDIN_FILENO, SO_TYPE);
    if (type != SOCK_STREAM) {
        return fail("serve", "standard input",
                    type < 0 ? "not a socket, and a pair of pipes is none; inetd, systemd's "
                               "Accept=yes and a parent's socketpair(2) are"
                             : "not a stream socket");
    }
    if (option_of(STDIN_FILENO, SO_ACCEPTCONN) == 1) {
        return fail("serve", "standard input", "a socket that listens, not one client's");
    }
    Fd client(::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, kFirstPassed));
    if (!client || !make_ours(client.get())) return fail_errno("serve", "standard input");
    const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null) return fail_errno("open", "/dev/null");
    // The connection ends when its one owner closes it.
    if (same_file(STDIN_FILENO, STDOUT_FILENO)) ::dup2(null.get(), STDOUT_FILENO);
    ::dup2(null.get(), STDIN_FILENO);
    return describe_client(std::move(client));
}

}  // namespace nbdroot::sys
