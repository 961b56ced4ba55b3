// A file that goes away with the test.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "lib/base/bytes.h"
#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"

namespace nbdroot::test {

class TemporaryFile {
public:
    explicit TemporaryFile(std::string_view contents = "") {
        sys::Fd fd(::mkstemp(path_.data()));
        REQUIRE(fd);
        REQUIRE(sys::write_all(fd.get(), base::as_bytes(contents), path_));
    }
    TemporaryFile(const TemporaryFile&) = delete;
    TemporaryFile& operator=(const TemporaryFile&) = delete;
    ~TemporaryFile() { ::unlink(path_.c_str()); }

    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string contents() const { return *sys::read_text_file(path_, 1 << 24); }

private:
    std::string path_ = "/tmp/nbdroot-test-XXXXXX";
};

}  // namespace nbdroot::test
