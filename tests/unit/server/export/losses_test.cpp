#include "server/export/losses.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

using nbdroot::base::cat;
using nbdroot::server::export_::Losses;

TEST_CASE("a boot that was away when a sync failed has not been told") {
    Losses losses;
    losses.tell("a");
    losses.add();
    CHECK(losses.known_to("a") == 0);
    losses.tell("a");
    losses.add();
    CHECK(losses.known_to("a") == 1);
    CHECK(losses.known_to("b") == 0);
    CHECK(losses.count() == 2);
}

TEST_CASE("what a crash of the host has cost is told as a failed sync is, and is none") {
    Losses losses;
    losses.inherit();
    CHECK(losses.known_to("a") == 0);
    CHECK(losses.count() == 1);
    CHECK(losses.failed_syncs() == 0);
    losses.add();
    losses.tell("a");
    CHECK(losses.known_to("a") == 2);
    CHECK(losses.failed_syncs() == 1);
}

TEST_CASE("a client without a token is not remembered as another one") {
    Losses losses;
    losses.add();
    losses.tell("");
    CHECK(losses.known_to("") == 0);
}

TEST_CASE("boots without end after a failed sync cost no memory without end") {
    Losses losses;
    losses.add();
    const auto known = [&] {
        std::size_t count = 0;
        for (std::size_t i = 0; i <= Losses::kMaximumBoots; ++i) {
            count += losses.known_to(cat("boot", i));
        }
        return count;
    };
    for (std::size_t i = 0; i <= Losses::kMaximumBoots; ++i) losses.tell(cat("boot", i));
    CHECK(known() == Losses::kMaximumBoots);
    CHECK(losses.known_to(cat("boot", Losses::kMaximumBoots)) == 1);
}
