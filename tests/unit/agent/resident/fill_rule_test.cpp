#include "agent/resident/fill_rule.h"

#include "tests/support/catch.h"

using namespace nbdroot;
using namespace nbdroot::agent::resident;

namespace {

bool says(FillRule& rule, std::uint64_t used_mib) {
    return rule.look({.total_bytes = 100 << 20, .used_bytes = used_mib << 20}).has_value();
}

}  // namespace

TEST_CASE("memory that runs full is said once, and again only after there was room") {
    FillRule rule;
    CHECK_FALSE(says(rule, 0));
    CHECK_FALSE(says(rule, 89));
    CHECK(says(rule, 90));
    CHECK_FALSE(says(rule, 100));
    CHECK_FALSE(says(rule, 80));
    CHECK_FALSE(says(rule, 95));
    CHECK_FALSE(says(rule, 79));
    CHECK(says(rule, 95));
}

TEST_CASE("the line of full memory has how much there is, and the way out") {
    FillRule rule;
    CHECK(rule.look({.total_bytes = 64 << 20, .used_bytes = 60 << 20}) ==
          "overlay: the memory for what is written is 93 % full (60.0 MiB of 64.0 MiB, "
          "/run/nbdroot/upper); writes fail when it is full: delete files, reboot, or give it more "
          "by nbdroot.overlay=tmpfs:SIZE");
}

TEST_CASE("files run out as bytes do") {
    FillRule rule;
    const auto line =
        rule.look({.total_bytes = 1 << 30, .used_bytes = 1, .total_files = 10, .used_files = 9});
    REQUIRE(line.has_value());
    CHECK(line->find("90 % full (9 of 10 files") != std::string::npos);
}

TEST_CASE("memory without a limit, or with the largest one, never looks full by mistake") {
    FillRule rule;
    CHECK_FALSE(rule.look({}).has_value());
    CHECK_FALSE(rule.look({.total_bytes = 0, .used_bytes = 1 << 30}).has_value());
    CHECK_FALSE(
        rule.look({.total_bytes = UINT64_MAX, .used_bytes = UINT64_MAX / 100 * 89}).has_value());
    CHECK(rule.look({.total_bytes = UINT64_MAX, .used_bytes = UINT64_MAX}).has_value());
}
