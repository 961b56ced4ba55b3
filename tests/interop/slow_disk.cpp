// Preloaded into the server by write_path_test: a disk of which everything from 1 MiB on is cold,
// once there is a file "armed" in the folder that SLOW_DISK names. What the page cache would have
// to read there says that it was called (a byte to the FIFO "called") and waits for a byte of the
// FIFO "go". A page that is written whole is not read.
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace {

constexpr off64_t kColdFrom = 1 << 20;
constexpr off64_t kPage = 4096;

std::string path_of(const char* name) { return std::string(std::getenv("SLOW_DISK")) + "/" + name; }

bool is_cold(off64_t offset) {
    return offset >= kColdFrom && ::access(path_of("armed").c_str(), F_OK) == 0;
}

// For both ways, so that opening never waits for the other end.
void wait_for_disk() {
    const int called = ::open(path_of("called").c_str(), O_RDWR | O_CLOEXEC);
    const int go = ::open(path_of("go").c_str(), O_RDWR | O_CLOEXEC);
    char byte = 'c';
    if (::write(called, &byte, 1) != 1 || ::read(go, &byte, 1) != 1) std::abort();
    ::close(called);
    ::close(go);
}

}  // namespace

extern "C" {

ssize_t pread64(int fd, void* into, size_t count, off64_t offset) {
    if (is_cold(offset)) wait_for_disk();
    return ::syscall(SYS_pread64, fd, into, count, offset);
}

ssize_t pwrite64(int fd, const void* from, size_t count, off64_t offset) {
    const bool whole = offset % kPage == 0 && static_cast<off64_t>(count) % kPage == 0;
    if (!whole && is_cold(offset)) wait_for_disk();
    return ::syscall(SYS_pwrite64, fd, from, count, offset);
}

ssize_t preadv64v2(int fd, const iovec* places, int count, off64_t offset, int flags) {
    if (is_cold(offset)) {
        if ((flags & RWF_NOWAIT) != 0) {
            errno = EAGAIN;
            return -1;
        }
        wait_for_disk();
    }
    return ::syscall(SYS_preadv2, fd, places, count, offset, 0L, flags);
}

ssize_t pread(int fd, void* into, size_t count, off_t offset) {
    return pread64(fd, into, count, offset);
}
ssize_t pwrite(int fd, const void* from, size_t count, off_t offset) {
    return pwrite64(fd, from, count, offset);
}
ssize_t preadv2(int fd, const iovec* places, int count, off_t offset, int flags) {
    return preadv64v2(fd, places, count, offset, flags);
}

}  // extern "C"
