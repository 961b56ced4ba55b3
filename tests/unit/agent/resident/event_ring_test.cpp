#include "agent/resident/event_ring.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

struct Memory {
    alignas(4096) std::array<std::byte, EventRing::kBytes> bytes{};
    EventRing ring{bytes};
};

constexpr Instant at(std::int64_t ms) { return Instant(Duration(ms)); }

}  // namespace

TEST_CASE("events are there for the next process, oldest first") {
    Memory memory;
    CHECK(memory.ring.events().empty());
    memory.ring.add(at(1), Level::info, "one");
    memory.ring.add(at(2), Level::warning, "two");
    CHECK(EventRing(memory.bytes).events() ==
          std::vector<Event>{{1, at(1), Level::info, "one"}, {2, at(2), Level::warning, "two"}});
}

TEST_CASE("the oldest events make room, their numbers go on") {
    Memory memory;
    for (std::size_t i = 1; i <= 1000; ++i) memory.ring.add(at(0), Level::info, cat(i));
    const auto events = memory.ring.events();
    REQUIRE(events.size() == EventRing::kPlaces);
    CHECK(events.front().text == "937");
    CHECK(events.back().number == 1000);
    CHECK(events.back().text == "1000");
}

TEST_CASE("long and unprintable texts are cut off and shown") {
    Memory memory;
    memory.ring.add(at(0), Level::info, std::string(1000, 'x'));
    memory.ring.add(at(0), Level::info, "a\x1b");
    const auto events = memory.ring.events();
    REQUIRE(events.size() == 2);
    CHECK(events[0].text == std::string(237, 'x'));
    CHECK(events[1].text == "a\\x1b");
}

TEST_CASE("an event that a killed process was writing is none") {
    Memory memory;
    memory.ring.add(at(0), Level::info, "whole");
    memory.ring.add(at(0), Level::info, "half");
    // Its number is what is written last.
    std::fill_n(memory.bytes.begin() + 256, 8, std::byte{0});
    REQUIRE(memory.ring.events().size() == 1);
    memory.ring.add(at(0), Level::info, "next");
    CHECK(memory.ring.events().back() == Event{2, at(0), Level::info, "next"});
    // Nor is one that cannot be.
    std::fill_n(memory.bytes.begin() + 256 + 16, 2, std::byte{0xff});
    CHECK(memory.ring.events().size() == 1);
}

}  // namespace nbdroot::agent::resident
