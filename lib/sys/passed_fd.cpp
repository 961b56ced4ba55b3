#include "lib/sys/passed_fd.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// unix(7): ancillary data travels with at least one byte of real data.
struct Letter {
    char byte = 0;
    iovec data{.iov_base = &byte, .iov_len = 1};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
    msghdr header{};

    Letter() {
        header.msg_iov = &data;
        header.msg_iovlen = 1;
        header.msg_control = control;
        header.msg_controllen = sizeof control;
    }
    Letter(const Letter&) = delete;
    Letter& operator=(const Letter&) = delete;
};

}  // namespace

Result<void> pass_fd(int channel, int fd) {
    Letter letter;
    cmsghdr* const item = CMSG_FIRSTHDR(&letter.header);
    item->cmsg_level = SOL_SOCKET;
    item->cmsg_type = SCM_RIGHTS;
    item->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(item), &fd, sizeof fd);
    if (sendmsg(channel, &letter.header, MSG_NOSIGNAL | MSG_DONTWAIT) < 0) {
        return fail_errno("pass", "descriptor");
    }
    return {};
}

Result<std::optional<Fd>> receive_fd(int channel) {
    Letter letter;
    ssize_t got = -1;
    do {
        got = recvmsg(channel, &letter.header, MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) return fail_errno("receive", "descriptor");
    if (got == 0) return std::nullopt;
    const cmsghdr* const item = CMSG_FIRSTHDR(&letter.header);
    if (item == nullptr || item->cmsg_type != SCM_RIGHTS) {
        return Fd();
    }
    int fd = -1;
    std::memcpy(&fd, CMSG_DATA(item), sizeof fd);
    return Fd(fd);
}

}  // namespace nbdroot::sys
