#include "lib/sys/console.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include <unistd.h>

#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {
namespace {

Result<Fd> open_or_null(const std::string& terminal) {
    auto console = open_file(terminal, O_RDWR | O_NOCTTY);
    if (console) return console;
    return open_file("/dev/null", O_RDWR);
}

}  // namespace

Result<void> open_standard_streams(const std::string& terminal) {
    Fd console = NBDROOT_TRY(open_or_null(terminal));
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        // dup2 of a number onto itself would leave close-on-exec set.
        if (console.get() == number) {
            ::fcntl(number, F_SETFD, 0);
        } else if (::dup2(console.get(), number) < 0) {
            return fail_errno("open", "standard streams");
        }
    }
    if (console.get() <= STDERR_FILENO) static_cast<void>(console.release());
    return {};
}

bool standard_error_is_console() {
    struct stat info {};
    if (::fstat(STDERR_FILENO, &info) != 0) return false;
    return S_ISCHR(info.st_mode) && info.st_rdev == makedev(5, 1);  // devices.txt: /dev/console
}

bool standard_error_is_terminal() { return ::isatty(STDERR_FILENO) == 1; }

std::optional<std::string> read_line(std::size_t maximum) {
    std::string line;
    for (;;) {
        char c = 0;
        const ssize_t count = ::read(STDIN_FILENO, &c, 1);  // no buffer: the rest is a shell's
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return std::nullopt;
        if (c == '\n') return line;
        if (line.size() < maximum) line += c;
    }
}

void write_to_standard_output(std::string_view text) {
    static_cast<void>(write_all(STDOUT_FILENO, base::as_bytes(text), "standard output"));
}

void write_to_standard_error(std::string_view text) {
    static_cast<void>(write_all(STDERR_FILENO, base::as_bytes(text), "standard error"));
}

void set_flow_control(int fd, FlowControl control) {
    termios settings{};
    if (::tcgetattr(fd, &settings) != 0) return;
    constexpr auto kBit = static_cast<tcflag_t>(IXON);
    if (control == FlowControl::on) {
        settings.c_iflag |= kBit;
    } else {
        settings.c_iflag &= ~kBit;
    }
    ::tcsetattr(fd, TCSANOW, &settings);
}

void take_console(const std::string& terminal) {
    ::setsid();
    static_cast<void>(open_standard_streams(terminal));
    ::ioctl(STDIN_FILENO, TIOCSCTTY, 1);  // without it only job control is missing
}

}  // namespace nbdroot::sys
