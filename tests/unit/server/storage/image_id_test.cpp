#include "server/storage/image_id.h"

#include <unistd.h>

#include "lib/protocol/nbd/canonical_name.h"
#include "tests/support/catch.h"
#include "tests/unit/server/temporary_file.h"

using nbdroot::server::storage::Access;
using nbdroot::server::storage::Image;
using nbdroot::server::storage::image_id_of;
using nbdroot::test::TemporaryFile;

namespace {

std::string id_of(const TemporaryFile& file, Access access) {
    const auto image = Image::open(file.path(), access);
    REQUIRE(image);
    const auto id = image_id_of(*image);
    REQUIRE(id);
    CHECK(id->size() == 32);
    CHECK(nbdroot::protocol::nbd::is_identifier(*id));
    return *id;
}

}  // namespace

TEST_CASE("read-only: equal contents have one id, whatever the file") {
    const std::size_t size = GENERATE(1U, 4096U, 1U << 20, (1U << 20) + 5, 5U << 20);
    const std::string contents(size, 'x');
    const TemporaryFile first(contents);
    const TemporaryFile second(contents);
    CHECK(id_of(first, Access::read_only) == id_of(second, Access::read_only));
    const TemporaryFile longer(contents + 'x');
    CHECK(id_of(first, Access::read_only) != id_of(longer, Access::read_only));
}

TEST_CASE("read-only: a change at either end or in a sampled block is another id") {
    constexpr std::size_t size = 8 << 20;
    constexpr std::size_t between = size - (2 << 20);
    constexpr std::size_t stride = between / 64 / 4096 * 4096;
    const std::size_t at =
        GENERATE_COPY(std::size_t{0}, std::size_t{1 << 20} - 1, std::size_t{1 << 20} + 63 * stride,
                      std::size_t{1 << 20} + stride + 4095, size - 1);
    std::string contents(size, 'x');
    const TemporaryFile before(contents);
    contents[at] = 'y';
    const TemporaryFile after(contents);
    CHECK(id_of(before, Access::read_only) != id_of(after, Access::read_only));
}

TEST_CASE("read-only: every byte of an image of little more than two MiB counts") {
    std::string contents((2 << 20) + 64 * 4096, 'x');
    const TemporaryFile before(contents);
    contents[(1 << 20) + 4097] = 'y';
    const TemporaryFile after(contents);
    CHECK(id_of(before, Access::read_only) != id_of(after, Access::read_only));
}

TEST_CASE("writable: a write keeps the id, another file or size does not") {
    const TemporaryFile file("0123");
    const std::string id = id_of(file, Access::writable);
    REQUIRE(Image::open(file.path(), Access::writable)->write(0, nbdroot::base::as_bytes("abcd")));
    CHECK(id_of(file, Access::writable) == id);
    CHECK(id_of(file, Access::read_only) != id);
    const TemporaryFile other("0123");
    CHECK(id_of(other, Access::writable) != id);
    REQUIRE(::truncate(file.path().c_str(), 3) == 0);
    CHECK(id_of(file, Access::writable) != id);
}

TEST_CASE("writable: the number of the device is no part of what a birth time identifies") {
    const TemporaryFile file("0123");
    const auto identity = Image::open(file.path(), Access::writable)->identity();
    REQUIRE(identity);
    CHECK(identity->inode != 0);
    CHECK((identity->birth_seconds != 0) == (identity->file_system == 0));
}

TEST_CASE("an image that cannot be read has no id, and the reason is said") {
    const TemporaryFile file(std::string(8192, 'x'));
    const auto image = Image::open(file.path(), Access::read_only);
    REQUIRE(image);
    REQUIRE(::truncate(file.path().c_str(), 4096) == 0);
    const auto id = image_id_of(*image);
    REQUIRE_FALSE(id);
    CHECK(id.error().message().find("the image ends at or before byte 4096") != std::string::npos);
}
