// A terminal of a test's own: what is written to the master was typed.
#pragma once

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

#include "lib/sys/clock.h"
#include "lib/sys/fd.h"
#include "tests/support/catch.h"

namespace nbdroot::test {

class Pty {
public:
    Pty() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        REQUIRE(master_);
        REQUIRE(::grantpt(master_.get()) == 0);
        REQUIRE(::unlockpt(master_.get()) == 0);
        char name[64] = "";
        REQUIRE(::ptsname_r(master_.get(), name, sizeof name) == 0);
        path_ = name;
    }

    [[nodiscard]] const std::string& path() const { return path_; }

    void type(std::string_view text) const {
        REQUIRE(::write(master_.get(), text.data(), text.size()) ==
                static_cast<ssize_t>(text.size()));
    }

    // What was shown on it until TEXT came.
    std::string read_until(std::string_view text) const {
        const Instant limit = sys::now() + Duration(10'000);
        std::string shown;
        while (shown.find(text) == std::string::npos) {
            char buffer[256];
            const ssize_t got = ::read(master_.get(), buffer, sizeof buffer);
            if (got < 0 && errno == EIO) {  // between one program and the next
                REQUIRE(sys::now() < limit);
                sys::pause_until(sys::now() + Duration(1));
                continue;
            }
            REQUIRE(got > 0);
            shown.append(buffer, static_cast<std::size_t>(got));
        }
        return shown;
    }

private:
    sys::Fd master_;
    std::string path_;
};

}  // namespace nbdroot::test
