#include "lib/sys/service_manager.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "lib/base/text.h"
#include "lib/sys/fd.h"
#include "tests/support/catch.h"

using namespace nbdroot;

namespace {

// Listens where a service manager would.
class Manager {
public:
    Manager() {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, path_.data(), path_.size());
        REQUIRE(::bind(socket_.get(), reinterpret_cast<const sockaddr*>(&address),
                       sizeof address) == 0);
        ::setenv("NOTIFY_SOCKET", path_.c_str(), 1);
    }
    Manager(const Manager&) = delete;
    Manager& operator=(const Manager&) = delete;
    ~Manager() {
        ::unsetenv("NOTIFY_SOCKET");
        ::unlink(path_.c_str());
    }

    // The next message, and the descriptor that came with it, in received().
    std::string next() {
        std::array<char, 256> text{};
        iovec place{.iov_base = text.data(), .iov_len = text.size()};
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> rights{};
        msghdr message{};
        message.msg_iov = &place;
        message.msg_iovlen = 1;
        message.msg_control = rights.data();
        message.msg_controllen = rights.size();
        const ssize_t count = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (count < 0) return "nothing";
        if (const cmsghdr* const header = CMSG_FIRSTHDR(&message)) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header), sizeof fd);
            received_.reset(fd);
        }
        return {text.data(), static_cast<std::size_t>(count)};
    }
    [[nodiscard]] const sys::Fd& received() const { return received_; }

private:
    std::string path_ = cat("/tmp/nbdroot-manager-", ::getpid());
    sys::Fd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sys::Fd received_;
};

bool same(int first, int second) {
    struct stat one {};
    struct stat other {};
    return ::fstat(first, &one) == 0 && ::fstat(second, &other) == 0 && one.st_ino == other.st_ino;
}

}  // namespace

TEST_CASE("a descriptor is given to the service manager by name, and taken back") {
    Manager manager;
    const sys::Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    CHECK(sys::store_descriptor(socket.get(), "clients"));
    CHECK(manager.next() == "FDSTORE=1\nFDNAME=clients");
    CHECK(same(manager.received().get(), socket.get()));
    sys::forget_stored("clients");
    CHECK(manager.next() == "FDSTOREREMOVE=1\nFDNAME=clients");
}

TEST_CASE("news for the service manager come without descriptors") {
    Manager manager;
    sys::tell_service_manager("READY=1");
    CHECK(manager.next() == "READY=1");
    sys::tell_reloading();
    CHECK(manager.next().starts_with("RELOADING=1\nMONOTONIC_USEC="));
    CHECK_FALSE(manager.received());
}

TEST_CASE("without a service manager nothing is kept") {
    CHECK_FALSE(sys::store_descriptor(0, "clients"));
    ::setenv("NOTIFY_SOCKET", "/nonexistent/notify", 1);
    CHECK_FALSE(sys::store_descriptor(0, "clients"));
    ::unsetenv("NOTIFY_SOCKET");
}
