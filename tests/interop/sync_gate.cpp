// Preloaded into the server by durability_test: each fdatasync(2) says that it was called, and
// waits to be told its result. SYNC_GATE names a folder with two FIFOs: a byte is written to
// "called"; the byte read from "result" is 0 for success, else the errno.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string>

namespace {

// For both ways, so that opening never waits for the other end.
int open_fifo(const char* name) {
    const std::string path = std::string(std::getenv("SYNC_GATE")) + "/" + name;
    return ::open(path.c_str(), O_RDWR | O_CLOEXEC);
}

}  // namespace

extern "C" int fdatasync(int) {
    const int called = open_fifo("called");
    const int result = open_fifo("result");
    unsigned char answer = EBADF;
    const bool told = ::write(called, "c", 1) == 1 && ::read(result, &answer, 1) == 1;
    ::close(called);
    ::close(result);
    errno = told ? answer : EBADF;
    return errno == 0 ? 0 : -1;
}
