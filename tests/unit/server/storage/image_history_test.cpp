#include "server/storage/image_history.h"

#include "tests/support/catch.h"

using nbdroot::server::storage::ImageHistory;
using nbdroot::sys::FileStamp;
using News = ImageHistory::News;
using Look = ImageHistory::Look;

namespace {

constexpr FileStamp kOpened{.device = 1, .inode = 2, .size_bytes = 1000, .modified_ns = 5};
constexpr FileStamp kAnother{.device = 1, .inode = 3, .size_bytes = 1000, .modified_ns = 6};

Look at_its_place(const FileStamp& file) { return {.file = file, .path = file}; }

FileStamp with_size(std::uint64_t size_bytes, std::int64_t modified_ns) {
    FileStamp stamp = kOpened;
    stamp.size_bytes = size_bytes;
    stamp.modified_ns = modified_ns;
    return stamp;
}

}  // namespace

TEST_CASE("an image that nobody touches is no news") {
    ImageHistory history(kOpened);
    CHECK(history.on_look(at_its_place(kOpened)).empty());
    CHECK(history.on_look(at_its_place(kOpened)).empty());
}

TEST_CASE("a truncated image is news once, and once more when it has its size again") {
    ImageHistory history(kOpened);
    CHECK(history.on_look(at_its_place(with_size(10, 6))) == std::vector{News::shrunk});
    CHECK(history.size_bytes() == 10);
    CHECK(history.on_look(at_its_place(with_size(10, 6))).empty());
    CHECK(history.on_look(at_its_place(with_size(1000, 7))) == std::vector{News::restored});
    CHECK(history.on_look(at_its_place(with_size(2000, 8))) == std::vector{News::grown});
}

TEST_CASE("a read-only image that is being overwritten is news once, not at every look") {
    ImageHistory history(kOpened);
    CHECK(history.on_look(at_its_place(with_size(1000, 6))) == std::vector{News::modified});
    CHECK(history.on_look(at_its_place(with_size(1000, 7))).empty());
    CHECK(history.on_look(at_its_place(with_size(1000, 7))).empty());
    CHECK(history.on_look(at_its_place(with_size(1000, 8))) == std::vector{News::modified});
}

TEST_CASE("that we write to an image is no news, that it is truncated is") {
    ImageHistory history(kOpened);
    Look look = at_its_place(with_size(1000, 6));
    look.we_write = true;
    CHECK(history.on_look(look).empty());
    look.file = with_size(999, 7);
    CHECK(history.on_look(look) == std::vector{News::shrunk});
}

TEST_CASE("a replaced image is news with each file that takes its place") {
    ImageHistory history(kOpened);
    FileStamp third = kAnother;
    third.inode = 4;
    CHECK(history.on_look({.file = kOpened, .path = kAnother}) == std::vector{News::replaced});
    CHECK(history.on_look({.file = kOpened, .path = kAnother}).empty());
    CHECK(history.on_look({.file = kOpened, .path = third}) == std::vector{News::replaced});
    CHECK(history.on_look({.file = kOpened, .path = std::nullopt}) == std::vector{News::removed});
    CHECK(history.on_look({.file = kOpened, .path = std::nullopt}).empty());
    CHECK(history.on_look(at_its_place(kOpened)) == std::vector{News::back});
}

TEST_CASE("an image that is truncated and removed is two pieces of news") {
    ImageHistory history(kOpened);
    CHECK(history.on_look({.file = with_size(0, 6), .path = std::nullopt}) ==
          std::vector{News::shrunk, News::removed});
}
