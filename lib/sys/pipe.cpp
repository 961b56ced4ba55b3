#include "lib/sys/pipe.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "lib/sys/error.h"

namespace nbdroot::sys {

Result<Pipe> make_pipe() {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) return fail_errno("pipe", "");
    Pipe pipe{.reader = Fd(ends[0]), .writer = Fd(ends[1])};
    if (fcntl(pipe.reader.get(), F_SETFL, O_NONBLOCK) != 0) return fail_errno("fcntl", "pipe");
    return pipe;
}

Result<std::optional<std::size_t>> read_pipe(int fd, ByteSpan into) {
    for (;;) {
        const ssize_t got = ::read(fd, into.data(), into.size());
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno == EAGAIN) return std::nullopt;
        if (errno != EINTR) return fail_errno("read", "pipe");
    }
}

}  // namespace nbdroot::sys
