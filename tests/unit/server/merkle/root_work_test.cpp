#include "server/merkle/root_work.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "tests/support/catch.h"
#include "tests/unit/server/temporary_file.h"

namespace nbdroot::server::merkle {
namespace {

using storage::Access;
using storage::Image;
using test::TemporaryFile;

Digest root_of(const TemporaryFile& file) {
    const auto image = Image::open(file.path(), Access::read_only);
    REQUIRE(image);
    const auto root = compute_root(*image, [](std::uint64_t) { return true; });
    REQUIRE(root);
    return *root;
}

Digest root_of_text(const std::string& text) {
    Tree tree;
    for (std::size_t at = 0; at < text.size(); at += kLeafBytes) {
        tree.add(base::as_bytes(std::string_view(text).substr(at, kLeafBytes)));
    }
    return tree.root();
}

}  // namespace

TEST_CASE("the root of an image of any length is that of its leaves") {
    const std::size_t size = GENERATE(1U, 65535U, 65536U, 65537U, 300'000U, 1'048'577U);
    std::string text(size, ' ');
    for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
    CHECK(root_of(TemporaryFile(text)) == root_of_text(text));
}

TEST_CASE("a sparse image has the root of one that was written") {
    // Data in the middle of leaves, holes of less than a leaf, and one at the end.
    std::string text(2'000'000, '\0');
    const TemporaryFile sparse;
    const sys::Fd fd = std::move(*sys::open_file(sparse.path(), O_WRONLY));
    REQUIRE(::ftruncate(fd.get(), static_cast<off_t>(text.size())) == 0);
    for (const std::size_t at : {70'000U, 500'000U, 540'672U, 1'000'000U}) {
        const std::string data(5000, 'd');
        text.replace(at, data.size(), data);
        REQUIRE(::pwrite(fd.get(), data.data(), data.size(), static_cast<off_t>(at)) == 5000);
    }
    CHECK(root_of(sparse) == root_of_text(text));
    CHECK(root_of(TemporaryFile(text)) == root_of_text(text));
}

TEST_CASE("a root is given up when nobody wants it any more") {
    const TemporaryFile file(std::string(1'000'000, 'x'));
    const auto image = Image::open(file.path(), Access::read_only);
    REQUIRE(image);
    std::vector<std::uint64_t> seen;
    const auto root = compute_root(*image, [&](std::uint64_t done) {
        seen.push_back(done);
        return seen.size() < 2;
    });
    REQUIRE_FALSE(root);
    CHECK(root.error().code == ECANCELED);
    CHECK(seen == std::vector<std::uint64_t>{262'144, 524'288});
}

TEST_CASE("an image that was cut short under its root is an error") {
    const TemporaryFile file(std::string(1'000'000, 'x'));
    const auto image = Image::open(file.path(), Access::read_only);
    REQUIRE(image);
    REQUIRE(::truncate(file.path().c_str(), 500'000) == 0);
    const auto root = compute_root(*image, [](std::uint64_t) { return true; });
    REQUIRE_FALSE(root);
    CHECK(root.error().code == ENODATA);
}

}  // namespace nbdroot::server::merkle
