#include "agent/resident/journal.h"

#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

struct World {
    std::unique_ptr<io::Loop> loop = std::move(*io::make_epoll_loop());
    alignas(4096) std::array<std::byte, EventRing::kBytes> ring{};
    alignas(4096) std::array<std::byte, Notes::kBytes> noted{};
    std::vector<std::string> lines;
    Log outer{Level::error, [this](Level, std::string_view line) { lines.emplace_back(line); }};
};

}  // namespace

TEST_CASE("lines show as far as the level lets them, and from information on they are events") {
    World world;
    Journal journal(*world.loop, world.outer, EventRing(world.ring), Notes(world.noted),
                    Level::warning);
    journal.log().debug("one");
    journal.log().info("two");
    journal.log().warning("three");
    CHECK(world.lines == std::vector<std::string>{"three"});
    CHECK(journal.events().events().size() == 2);
    journal.set_level(Level::debug);
    CHECK(journal.level() == Level::debug);
    journal.log().debug("four");
    CHECK(world.lines == std::vector<std::string>{"three", "four"});
    CHECK(journal.events().events().size() == 3);
}

TEST_CASE("a storm of lines is held back, and at the end it is said how many they were") {
    World world;
    {
        Journal journal(*world.loop, world.outer, EventRing(world.ring), Notes(world.noted),
                        Level::info);
        for (std::size_t i = 0; i < 1000; ++i)
            journal.log().warning(cat("connection ", i, " lost"));
        CHECK(world.lines.size() == 20);
        CHECK(journal.events().events().back().text == "connection 999 lost");
        journal.print("this was asked for");
        CHECK(world.lines.back() == "this was asked for");
    }
    CHECK(world.lines.back() == "connection 999 lost (979 more like this in the last 60 s)");
}

TEST_CASE("lines that a process held back when it was killed are counted by the next one") {
    World world;
    const auto lost = [&world](std::size_t lines) {
        Notes(world.noted).set_held_back(lines);
        world.lines.clear();
        const Journal next(*world.loop, world.outer, EventRing(world.ring), Notes(world.noted),
                           Level::info);
        CHECK(Notes(world.noted).held_back() == 0);
        return world.lines;
    };
    Journal journal(*world.loop, world.outer, EventRing(world.ring), Notes(world.noted),
                    Level::info);
    for (std::size_t i = 0; i < 23; ++i) journal.log().warning(cat("connection ", i, " lost"));
    CHECK(Notes(world.noted).held_back() == 3);
    CHECK(lost(3) == std::vector<std::string>{"attach: the process before this one held back 3 "
                                              "lines that it could not say any more"});
    CHECK(lost(0).empty());
}

TEST_CASE("lines that were said at the end are not said to be lost") {
    World world;
    {
        Journal journal(*world.loop, world.outer, EventRing(world.ring), Notes(world.noted),
                        Level::info);
        for (std::size_t i = 0; i < 23; ++i) journal.log().warning(cat("connection ", i, " lost"));
    }
    CHECK(Notes(world.noted).held_back() == 0);
}

TEST_CASE("what the guardian says is an event too") {
    World world;
    const Log log = recording(world.outer, EventRing(world.ring));
    log.error("the session process has ended");
    log.debug("no event");
    CHECK(world.lines == std::vector<std::string>{"the session process has ended"});
    REQUIRE(EventRing(world.ring).events().size() == 1);
}

}  // namespace nbdroot::agent::resident
