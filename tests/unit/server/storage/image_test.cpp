#include "server/storage/image.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "tests/support/catch.h"
#include "tests/unit/server/temporary_file.h"

using nbdroot::base::as_bytes;
using nbdroot::base::as_text;
using nbdroot::server::storage::Access;
using nbdroot::server::storage::CachedRead;
using nbdroot::server::storage::Holes;
using nbdroot::server::storage::Image;
using nbdroot::test::TemporaryFile;

namespace {

std::string read_text(const Image& image, std::uint64_t offset, std::size_t length) {
    nbdroot::Bytes bytes(length);
    const auto result = image.read(offset, bytes);
    return result ? std::string(as_text(bytes)) : result.error().message();
}

std::string open_error(const std::string& path, Access access) {
    const auto image = Image::open(path, access);
    REQUIRE_FALSE(image);
    return image.error().message();
}

}  // namespace

TEST_CASE("what is written is read back, to the byte, and no byte beside it changes") {
    const TemporaryFile file("0123456789");
    const auto image = Image::open(file.path(), Access::writable);
    REQUIRE(image);
    CHECK(image->size_bytes() == 10);
    CHECK(image->sector_bytes() == 1);
    REQUIRE(image->write(8, as_bytes("ab")));
    REQUIRE(image->sync());
    CHECK(read_text(*image, 7, 3) == "7ab");
    CHECK(file.contents() == "01234567ab");
}

TEST_CASE("a read from the page cache gives the bytes or nothing") {
    const TemporaryFile file("0123456789");
    const auto image = Image::open(file.path(), Access::read_only);
    REQUIRE(image);
    nbdroot::Bytes bytes(4);
    if (image->read_cached(2, bytes) == CachedRead::done) CHECK(as_text(bytes) == "2345");
    CHECK(image->read_cached(8, bytes) == CachedRead::not_cached);  // beyond the end
}

TEST_CASE("a file in memory is read at once, and never by a worker") {
    const nbdroot::sys::Fd file(::memfd_create("image", MFD_CLOEXEC));
    REQUIRE(nbdroot::sys::write_all(file.get(), as_bytes("0123456789"), "memory"));
    const auto image = Image::open(nbdroot::cat("/proc/self/fd/", file.get()), Access::read_only);
    REQUIRE(image);
    nbdroot::Bytes bytes(4);
    CHECK(image->read_cached(2, bytes) == CachedRead::done);
    CHECK(as_text(bytes) == "2345");
    CHECK(image->read_cached(8, bytes) == CachedRead::not_cached);  // beyond the end
}

TEST_CASE("a read beyond the end of a truncated image is an error") {
    const TemporaryFile file("0123456789");
    const auto image = Image::open(file.path(), Access::read_only);
    REQUIRE(image);
    REQUIRE(::truncate(file.path().c_str(), 4) == 0);
    CHECK(read_text(*image, 0, 4) == "0123");
    CHECK(read_text(*image, 2, 4) ==
          "read " + file.path() + ": the image ends at or before byte 4");
}

TEST_CASE("zeroed extents read as zeroes and leave size and neighbours alone") {
    const auto holes = GENERATE(Holes::allowed, Holes::forbidden);
    const TemporaryFile file(std::string(200000, 'x'));
    const auto image = Image::open(file.path(), Access::writable);
    REQUIRE(image);
    REQUIRE(image->zero({.offset_bytes = 5, .length_bytes = 199990}, holes));
    CHECK(file.contents() == "xxxxx" + std::string(199990, '\0') + "xxxxx");
}

TEST_CASE("a discarded extent gives its space back") {
    const TemporaryFile file(std::string(1 << 20, 'x'));
    const auto image = Image::open(file.path(), Access::writable);
    REQUIRE(image);
    REQUIRE(image->sync());
    struct stat before {};
    struct stat after {};
    REQUIRE(::stat(file.path().c_str(), &before) == 0);
    REQUIRE(image->discard({.offset_bytes = 0, .length_bytes = 1 << 19}));
    REQUIRE(::stat(file.path().c_str(), &after) == 0);
    CHECK(after.st_blocks < before.st_blocks);
    CHECK(after.st_size == before.st_size);
}

TEST_CASE("writing to a read-only image is an error of the file") {
    const TemporaryFile file("0123");
    const auto image = Image::open(file.path(), Access::read_only);
    REQUIRE(image);
    const auto written = image->write(0, as_bytes("x"));
    REQUIRE_FALSE(written);
    CHECK(written.error().message() == "write " + file.path() + ": Bad file descriptor");
}

TEST_CASE("what is no image is refused with the reason") {
    const TemporaryFile empty;
    CHECK(open_error(empty.path(), Access::writable) ==
          "open " + empty.path() + ": empty (0 bytes)");
    CHECK(open_error("/tmp", Access::writable) == "open /tmp: a directory, not an image");
    CHECK(open_error("/tmp", Access::read_only) == "open /tmp: a directory, not an image");
    CHECK(open_error("/dev/null", Access::read_only) ==
          "open /dev/null: neither a file nor a block device");
    CHECK(open_error("/nonexistent/x", Access::writable) ==
          "open /nonexistent/x: No such file or directory");
}

TEST_CASE("an image that is written to elsewhere cannot be claimed for writing") {
    const TemporaryFile file("0123");
    const auto first = Image::open(file.path(), Access::writable);
    const auto second = Image::open(file.path(), Access::writable);
    const auto reader = Image::open(file.path(), Access::read_only);
    REQUIRE(first->claim());
    const auto claimed = second->claim();
    REQUIRE_FALSE(claimed);
    CHECK(claimed.error().message() ==
          "lock " + file.path() + ": another process, or another export, has it open for writing");
    CHECK(reader->claim());
}

TEST_CASE("what is gone of a truncated image is not there to be written") {
    const TemporaryFile file("0123456789");
    const auto image = Image::open(file.path(), Access::writable);
    REQUIRE(image);
    REQUIRE(::truncate(file.path().c_str(), 4) == 0);
    CHECK_FALSE(image->is_whole());
    const auto gone = image->check_is_there({.offset_bytes = 4, .length_bytes = 2});
    REQUIRE_FALSE(gone);
    CHECK(gone.error().message() == "write " + file.path() + ": the image was truncated to 4 B");
    CHECK_FALSE(image->check_is_there({.offset_bytes = 3, .length_bytes = 2}));  // partly gone
    CHECK(image->check_is_there({.offset_bytes = 2, .length_bytes = 2}));
    CHECK_FALSE(image->zero({.offset_bytes = 2, .length_bytes = 8}, Holes::forbidden));
    CHECK(file.contents() == "0123");
}

TEST_CASE("an open image knows the file that it is from another one at its place") {
    const TemporaryFile file("0123456789");
    const auto image = Image::open(file.path(), Access::read_only);
    REQUIRE(image);
    CHECK(*image->stamp() == image->opened_as());
    CHECK(nbdroot::sys::stamp_at(file.path())->same_file(image->opened_as()));
    const TemporaryFile another("0123456789");
    REQUIRE(::rename(another.path().c_str(), file.path().c_str()) == 0);
    CHECK_FALSE(nbdroot::sys::stamp_at(file.path())->same_file(image->opened_as()));
    REQUIRE(image->stamp());
    CHECK(image->stamp()->same_file(image->opened_as()));
    CHECK_FALSE(nbdroot::sys::stamp_at(another.path()));
}
