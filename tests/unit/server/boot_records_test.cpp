#include "server/boot_records.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::server;

namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
const std::int64_t kKept = std::chrono::nanoseconds(kBootRecordKept).count();

class Directory {
public:
    Directory() {
        std::string name = "/tmp/boot-records-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Directory(const Directory&) = delete;
    Directory& operator=(const Directory&) = delete;
    ~Directory() { std::filesystem::remove_all(path); }

    void add(const std::string& name, std::int64_t written_ns) const {
        const std::string file = cat(path, '/', name);
        REQUIRE(sys::replace_file(file, "nbd-rootserver boots 1\nend\n"));
        const timespec time{.tv_sec = written_ns / kSecond, .tv_nsec = written_ns % kSecond};
        const timespec both[] = {time, time};
        REQUIRE(::utimensat(AT_FDCWD, file.c_str(), both, 0) == 0);
    }
    [[nodiscard]] bool has(const std::string& name) const {
        return sys::path_exists(cat(path, '/', name));
    }

    std::string path;
};

}  // namespace

TEST_CASE("records that nobody has written for long are forgotten, but for images in use") {
    const Directory directory;
    const std::int64_t now = sys::calendar_time_us() * 1000;
    directory.add("young.boots", now - kKept + kSecond);
    directory.add("old.boots", now - kKept - kSecond);
    directory.add("used.boots", now - 2 * kKept);
    directory.add("old.hashes", now - 2 * kKept);
    directory.add("old.merkle", now - kKept - kSecond);
    directory.add("used.merkle", now - kKept - kSecond);
    CHECK(forget_boot_records(directory.path, {"used"}, now).value() == 1);
    CHECK_FALSE(directory.has("old.merkle"));
    CHECK(directory.has("used.merkle"));
    CHECK_FALSE(directory.has("old.boots"));
    CHECK(directory.has("young.boots"));
    CHECK(directory.has("used.boots"));
    CHECK(directory.has("old.hashes"));
}

TEST_CASE("a directory that is gone is an error and not a crash") {
    CHECK_FALSE(forget_boot_records("/nonexistent", {}, 0));
}
