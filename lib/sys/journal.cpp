#include "lib/sys/journal.h"

#include <poll.h>
#include <sys/stat.h>

#include <cstdlib>
#include <string_view>

#include "lib/base/text.h"

namespace nbdroot::sys {

bool is_journal(int fd) {
    const char* const stream = std::getenv("JOURNAL_STREAM");
    struct stat status {};
    if (stream == nullptr || ::fstat(fd, &status) != 0) return false;
    return cat(status.st_dev, ':', status.st_ino) == stream;
}

bool takes_a_line(int fd) {
    pollfd wanted{.fd = fd, .events = POLLOUT, .revents = 0};
    return ::poll(&wanted, 1, 0) == 1;
}

}  // namespace nbdroot::sys
