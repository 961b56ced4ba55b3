// Where commands that a test starts wait until it lets them go on: for a line, not for a time.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"
#include "tests/unit/server/temporary_file.h"

namespace nbdroot::test {

class Gate {
public:
    Gate() {
        REQUIRE(::mkfifo(path_.c_str(), 0600) == 0);
        // For both, so that neither side waits for the other to open it.
        auto opened = sys::open_file(path_, O_RDWR);
        REQUIRE(opened);
        fifo_ = std::move(*opened);
    }
    Gate(const Gate&) = delete;
    Gate& operator=(const Gate&) = delete;
    ~Gate() { ::unlink(path_.c_str()); }

    // For the shell.
    [[nodiscard]] std::string wait() const { return "read -r line <" + path_; }

    void let_through(std::size_t count = 1) const {
        REQUIRE(sys::write_all(fifo_.get(), base::as_bytes(std::string(count, '\n')), path_));
    }

private:
    TemporaryFile beside_;  // whose name is nobody else's
    std::string path_ = beside_.path() + ".gate";
    sys::Fd fifo_;
};

}  // namespace nbdroot::test
