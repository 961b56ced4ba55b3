#include "lib/sys/timed_stream.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/error.h"
#include "lib/sys/stream.h"
#include "lib/sys/tcp_client.h"

namespace nbdroot::sys {
namespace {

Result<void> wait_for(int fd, short events, Instant deadline, const std::string& object,
                      const char* operation) {
    for (;;) {
        const Duration left = std::max(deadline - now(), Duration(0));
        pollfd wait{.fd = fd, .events = events, .revents = 0};
        const int ready = ::poll(&wait, 1, static_cast<int>(left.count()));
        if (ready > 0) return {};
        if (ready == 0) return fail(operation, object, "no answer in time", ETIMEDOUT);
        if (errno != EINTR) return fail_errno("poll", object);
    }
}

}  // namespace

Result<TimedStream> TimedStream::connect(const SocketAddress& address, std::string object,
                                         Duration limit) {
    Fd fd = NBDROOT_TRY(start_connect(address, object));
    NBDROOT_CHECK(wait_for(fd.get(), POLLOUT, now() + limit, object, "connect"));
    NBDROOT_CHECK(connect_outcome(fd.get(), object));
    return TimedStream(std::move(fd), std::move(object), limit);
}

Result<void> TimedStream::send(ByteView bytes) {
    const Instant deadline = now() + limit_;
    while (!bytes.empty()) {
        const Moved moved = NBDROOT_TRY(send_some(fd_.get(), bytes, object_));
        if (moved) {
            bytes = bytes.subspan(*moved);
        } else {
            NBDROOT_CHECK(wait_for(fd_.get(), POLLOUT, deadline, object_, "send"));
        }
    }
    return {};
}

Result<std::size_t> TimedStream::receive(ByteSpan into) {
    const Instant deadline = now() + limit_;
    for (;;) {
        const Moved moved = NBDROOT_TRY(receive_some(fd_.get(), into, object_));
        if (moved) return *moved;
        NBDROOT_CHECK(wait_for(fd_.get(), POLLIN, deadline, object_, "receive"));
    }
}

Result<void> TimedStream::receive_all(ByteSpan into) {
    while (!into.empty()) {
        const std::size_t count = NBDROOT_TRY(receive(into));
        if (count == 0) return fail("receive", object_, "the server closed the connection");
        into = into.subspan(count);
    }
    return {};
}

}  // namespace nbdroot::sys
