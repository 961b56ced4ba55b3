#include "lib/sys/sparse.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "lib/sys/fd.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"

namespace {

using nbdroot::sys::Extent;
using nbdroot::sys::Fd;
using nbdroot::sys::Stretch;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// 1 MiB of hole, 1 MiB of data, 1 MiB of hole.
struct SparseFile {
    std::string path = "/tmp/nbdroot-sparse-XXXXXX";
    Fd fd{::mkstemp(path.data())};

    SparseFile() {
        REQUIRE(fd);
        REQUIRE(nbdroot::sys::write_at(fd.get(), kMiB, nbdroot::Bytes(kMiB, std::byte{1})));
        resize(3 * kMiB);
    }
    ~SparseFile() { ::unlink(path.c_str()); }

    void resize(std::uint64_t size) const {
        REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(size)) == 0);
    }
    [[nodiscard]] Stretch at(std::uint64_t offset, std::uint64_t length) const {
        return nbdroot::sys::stretch_at(fd.get(), {.offset_bytes = offset, .length_bytes = length});
    }
};

bool same(const Stretch& one, const Stretch& other) {
    return one.length_bytes == other.length_bytes && one.is_hole == other.is_hole;
}

}  // namespace

TEST_CASE("a stretch ends where holes and data meet, or with what was asked about") {
    const SparseFile file;
    CHECK(same(file.at(0, 3 * kMiB), {kMiB, true}));
    CHECK(same(file.at(0, 10), {10, true}));
    CHECK(same(file.at(10, 2 * kMiB), {kMiB - 10, true}));
    CHECK(same(file.at(kMiB, 2 * kMiB), {kMiB, false}));
    CHECK(same(file.at(kMiB + 1, 10), {10, false}));
    CHECK(same(file.at(2 * kMiB, kMiB), {kMiB, true}));
    CHECK(same(file.at(3 * kMiB - 1, 1), {1, true}));
}

TEST_CASE("what was written last is no hole, before it is on the medium") {
    const SparseFile file;
    REQUIRE(nbdroot::sys::write_at(file.fd.get(), 2 * kMiB, nbdroot::Bytes(1)));
    CHECK_FALSE(file.at(2 * kMiB, 1).is_hole);
}

TEST_CASE("what is behind the end of a file that was cut is no hole") {
    const SparseFile file;
    file.resize(kMiB / 2);
    CHECK(same(file.at(0, 3 * kMiB), {kMiB / 2, true}));
    CHECK(same(file.at(kMiB / 2, kMiB), {kMiB, false}));
    CHECK(same(file.at(2 * kMiB, kMiB), {kMiB, false}));
}

TEST_CASE("what cannot tell its holes has none") {
    const Fd status(::open("/proc/self/status", O_RDONLY | O_CLOEXEC));
    REQUIRE(status);
    CHECK(same(nbdroot::sys::stretch_at(status.get(), {.length_bytes = 100}), {100, false}));
    CHECK(same(nbdroot::sys::stretch_at(-1, {.length_bytes = 100}), {100, false}));
}

TEST_CASE("only files are asked for holes") {
    const SparseFile file;
    CHECK(nbdroot::sys::knows_holes(file.fd.get()));
    const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    CHECK_FALSE(nbdroot::sys::knows_holes(null.get()));
    CHECK_FALSE(nbdroot::sys::knows_holes(-1));
}
