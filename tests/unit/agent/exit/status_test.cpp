#include "agent/exit/status.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::exit {

TEST_CASE("a resident's status names disk, mode and limit") {
    CHECK(parse_status(R"({"device":"/dev/nbd3","attach":"ioctl","shutdown_timeout_s":7})") ==
          Status{.disk = "nbd3", .by_ioctl = true, .limit_seconds = 7});
}

TEST_CASE("a resident that ended before the device was over is no proof of a farewell") {
    CHECK(parse_status(R"({"device":"/dev/nbd0","state":"over"})") ==
          Status{.disk = "nbd0", .is_over = true});
    CHECK(parse_status(R"({"device":"/dev/nbd0","state":"leaving"})") == Status{.disk = "nbd0"});
}

TEST_CASE("a status without a limit, or with none that can be, has the usual one") {
    const char* const text =
        GENERATE(R"({"device":"/dev/nbd0"})", R"({"device":"/dev/nbd0","shutdown_timeout_s":-1})",
                 R"({"device":"/dev/nbd0","shutdown_timeout_s":"9"})",
                 R"({"device":"/dev/nbd0","shutdown_timeout_s":4294967296})");
    CHECK(parse_status(text) == Status{.disk = "nbd0", .limit_seconds = 120});
}

TEST_CASE("what no resident writes is no status") {
    CHECK_FALSE(
        parse_status(GENERATE("", "{", "[]", "{}", R"({"device":7})", R"({"device":"/dev/sda"})")));
}

TEST_CASE("only a device of the nbd driver is a disk of ours") {
    CHECK(disk_of_source("/dev/nbd0") == "nbd0");
    CHECK(disk_of_source("/dev/nbd12p3") == "nbd12");
    CHECK_FALSE(disk_of_source(GENERATE("nbd0", "/dev/nbd", "/dev/nbdx", "/dev/sda", "overlay",
                                        "/dev/nbd0/x", "/dev/nbd99999")));
}

}  // namespace nbdroot::agent::exit
