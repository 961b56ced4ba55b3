#include "agent/report/said.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using nbdroot::agent::report::Said;

TEST_CASE("while hushed only what is new is said") {
    Said said;
    CHECK(said.passes("connect 10.0.0.1: Connection refused (attempt 1, 0 s so far); trying on"));
    CHECK(said.passes("connect 10.0.0.1: Connection refused (attempt 9, 9 s so far); trying on"));
    said.hush(true);
    CHECK_FALSE(
        said.passes("connect 10.0.0.1: Connection refused (attempt 1, 0 s so far); trying on"));
    CHECK(said.passes("connect 10.0.0.2: Connection refused (attempt 1, 0 s so far); trying on"));
    CHECK_FALSE(
        said.passes("connect 10.0.0.2: Connection refused (attempt 2, 0 s so far); trying on"));
    said.hush(false);
    CHECK(said.passes("connect 10.0.0.2: Connection refused (attempt 3, 0 s so far); trying on"));
}

TEST_CASE("endless tries do not make the memory of what was said grow") {
    Said said;
    said.hush(true);
    CHECK(said.passes("first"));
    for (int i = 0; i < 64; ++i) CHECK(said.passes(nbdroot::cat("line ", i)));
    CHECK(said.passes("first"));
    CHECK(said.last() == "first");
}

TEST_CASE("a parenthesis without its pair hides only the rest of its line") {
    Said said;
    said.hush(true);
    CHECK(said.passes("a ) b ("));
    CHECK_FALSE(said.passes("a ) b (c"));
    CHECK(said.passes("a b"));
}
