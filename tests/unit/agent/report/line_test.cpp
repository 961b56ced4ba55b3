#include "agent/report/line.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::report;

TEST_CASE("a line begins with the seconds since start, two decimals, never rounded up") {
    const auto [ms, expected] = GENERATE(table<int, const char*>({
        {0, "nbdroot [  0.00] x"},
        {9, "nbdroot [  0.00] x"},
        {1429, "nbdroot [  1.42] x"},
        {59999, "nbdroot [ 59.99] x"},
        {123456, "nbdroot [123.45] x"},
        {1234567890, "nbdroot [1234567.89] x"},
    }));
    CHECK(format_line(Instant(Duration(ms)), "x") == expected);
}

TEST_CASE("control characters of a peer reach neither log nor terminal") {
    CHECK(format_line(Instant(Duration(0)), "a\nb\x1b[2J\x7f\tgr\xc3\xbc") ==
          "nbdroot [  0.00] a?b?[2J??gr\xc3\xbc");
}

TEST_CASE("a record carries the kernel's number for its level") {
    CHECK(format_record(Level::error, "x") == "<3>x\n");
    CHECK(format_record(Level::warning, "x") == "<4>x\n");
    CHECK(format_record(Level::info, "x") == "<6>x\n");
    CHECK(format_record(Level::debug, "x") == "<7>x\n");
}

TEST_CASE("a record longer than the kernel takes is cut, not lost") {
    const std::string record = format_record(Level::info, std::string(4000, 'x'));
    CHECK(record.size() == 960);
    CHECK(record.ends_with("x...\n"));
}

TEST_CASE("console_loglevel is the first number of the printk setting") {
    CHECK(parse_console_level("7\t4\t1\t7\n") == 7);
    CHECK(parse_console_level("15 4 1 7") == 15);
    CHECK(parse_console_level("0") == 0);
    for (const char* const wrong : {"", "\t4", "x", "-1\t4", "7x\t4", "256\t4"}) {
        CAPTURE(wrong);
        CHECK_FALSE(parse_console_level(wrong).has_value());
    }
}

TEST_CASE("the console shows what is more urgent than its level") {
    CHECK(console_shows(7, Level::info));
    CHECK_FALSE(console_shows(7, Level::debug));
    CHECK_FALSE(console_shows(4, Level::warning));  // "quiet"
    CHECK(console_shows(4, Level::error));
    CHECK_FALSE(console_shows(0, Level::error));
}
