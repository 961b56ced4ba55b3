#include "agent/network/lease_owner.h"

#include "agent/network/repair.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::network {
namespace {

using Change = LeaseOwner::Change;

Instant at(std::int64_t seconds) { return Instant(Duration(seconds * 1000)); }

}  // namespace

TEST_CASE("an address without end is ours, whoever repeats it") {
    LeaseOwner owner;
    CHECK(owner.is_ours());
    CHECK(owner.on_address(kNoEnd, at(1)) == Change::none);
    CHECK(owner.on_address(0, at(2)) == Change::none);
    CHECK(owner.is_ours());
    CHECK_FALSE(owner.next_deadline());
    CHECK(owner.on_time(at(1000)) == Change::none);
}

TEST_CASE("an address that somebody gives an end is theirs for as long as they move it on") {
    LeaseOwner owner;
    CHECK(owner.on_address(160, at(0)) == Change::handed_over);
    CHECK_FALSE(owner.is_ours());
    CHECK(owner.next_deadline() == at(150));
    CHECK(owner.on_address(160, at(80)) == Change::none);
    CHECK(owner.next_deadline() == at(230));
    CHECK(owner.on_time(at(229)) == Change::none);
    CHECK_FALSE(owner.is_ours());
}

TEST_CASE("an end that nobody moves on gives the lease back before it comes") {
    LeaseOwner owner;
    const auto [seconds, reclaimed_at] = GENERATE(table<std::uint32_t, std::int64_t>(
        {{160, 150}, {2, 1}, {1, 0}, {86400, 86340}, {kNoEnd - 1, 4294967294 - 60}}));
    CHECK(owner.on_address(seconds, at(0)) == Change::handed_over);
    CHECK(owner.on_time(at(reclaimed_at)) == Change::forgotten);
    CHECK(owner.is_ours());
    CHECK_FALSE(owner.next_deadline());
    CHECK(owner.on_address(kNoEnd, at(reclaimed_at)) == Change::none);
}

TEST_CASE("an address that goes, or has no end again, gives the lease back") {
    for (const std::uint32_t seconds : {0U, kNoEnd}) {
        LeaseOwner owner;
        CHECK(owner.on_address(60, at(0)) == Change::handed_over);
        CHECK(owner.on_address(seconds, at(10)) == Change::given_back);
        CHECK(owner.is_ours());
        CHECK(owner.on_address(60, at(20)) == Change::handed_over);
    }
}

}  // namespace nbdroot::agent::network
