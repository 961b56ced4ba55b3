// Stream transfers whose outcome outlives the process that made them.
//
// A process killed after recv(2) and before it has stored the result has taken bytes that nobody
// knows of. recvmmsg(2) and sendmmsg(2) store the count into the caller's memory themselves, inside
// the call (net/socket.c: put_user(err, &entry->msg_len) after each message): a signal, SIGKILL
// too, is looked at only on the way out. In memory shared with another process the count is there
// whenever the bytes have moved.
//
// The store in the kernel may fail where the page of the record is not there and has to be fetched
// while a SIGKILL is pending: write to the record right before each call, and lock it in memory.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/base/result.h"
#include "lib/sys/gathered_stream.h"

namespace nbdroot::sys {

// The kernel's struct mmsghdr of 64-bit machines. (The C library's would do too, but musl's has
// fields of another size with padding that must be 0.)
struct TransferRecord {
    void* name;
    std::uint64_t name_bytes;  // the kernel reads the low 32 bits, as an int
    const iovec* places;
    std::uint64_t place_count;
    void* control;
    std::uint64_t control_bytes;
    std::uint64_t flags;        // the kernel uses 32 bits
    std::uint32_t moved_bytes;  // written by the kernel
    std::uint32_t padding;
};
static_assert(sizeof(void*) == 8 && sizeof(TransferRecord) == 64 &&
              offsetof(TransferRecord, moved_bytes) == 56);

// As receive_scattered() and send_gathered(); besides, RECORD.moved_bytes, which must be 0, has
// what was moved even if this process ends inside the call. They never wait.
[[nodiscard]] Result<Transfer> receive_recorded(int fd, std::span<const iovec> into,
                                                TransferRecord& record);
[[nodiscard]] Result<Transfer> send_recorded(int fd, std::span<const iovec> from,
                                             TransferRecord& record);

}  // namespace nbdroot::sys
