#include "lib/sys/recorded_transfer.h"

#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

constexpr unsigned kOneMessage = 1;

void fill(TransferRecord& record, std::span<const iovec> places) {
    record.name = nullptr;
    record.name_bytes = 0;
    record.places = places.data();
    record.place_count = places.size();
    record.control = nullptr;
    record.control_bytes = 0;
    record.flags = 0;
}

bool transient(int code) { return code == EAGAIN || code == EWOULDBLOCK || code == EINTR; }

// COUNT is of messages. A stream's message of no bytes is its end.
Result<Transfer> outcome(long count, const TransferRecord& record, const char* operation) {
    if (count < 0) {
        if (transient(errno)) return Transfer{};
        return fail_errno(operation, "");
    }
    return Transfer{.bytes = record.moved_bytes, .ended = record.moved_bytes == 0};
}

}  // namespace

// By syscall(2): musl's sendmmsg() calls sendmsg() and stores the count itself.
Result<Transfer> receive_recorded(int fd, std::span<const iovec> into, TransferRecord& record) {
    fill(record, into);
    const long count = ::syscall(SYS_recvmmsg, fd, &record, kOneMessage, MSG_DONTWAIT, nullptr);
    return outcome(count, record, "receive");
}

Result<Transfer> send_recorded(int fd, std::span<const iovec> from, TransferRecord& record) {
    fill(record, from);
    const long count =
        ::syscall(SYS_sendmmsg, fd, &record, kOneMessage, MSG_DONTWAIT | MSG_NOSIGNAL);
    return outcome(count, record, "send");
}

}  // namespace nbdroot::sys
