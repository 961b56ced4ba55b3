#include "agent/resident/guardian.h"

#include <stdlib.h>
#include <unistd.h>

#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/process.h"
#include "tests/support/catch.h"

using namespace nbdroot;

TEST_CASE("a resident that was ended leaves no word of its connection") {
    char name[] = "/tmp/nbdroot-guardian-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    const std::string run = name;
    REQUIRE(sys::replace_file(run + "/status.json", "{}"));
    REQUIRE(sys::replace_file(run + "/pids", "1"));
    REQUIRE(sys::replace_file(run + "/boot.json", "{}"));
    const auto child = sys::fork_child([] {
        sys::pause_until(sys::now() + Duration(20'000));
        return 0;
    });
    REQUIRE(child);
    agent::resident::end({.guardian = *child, .boot = {}}, run);
    CHECK_FALSE(sys::path_exists(run + "/status.json"));
    CHECK_FALSE(sys::path_exists(run + "/pids"));
    CHECK(sys::path_exists(run + "/boot.json"));
    sys::remove_file(run + "/boot.json");
    CHECK(::rmdir(name) == 0);
}
