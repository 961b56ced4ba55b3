#include "agent/resident/desk.h"

#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

struct World {
    World() {
        plan.servers.resize(2);
        plan.servers[0].target.host = "10.0.0.1";
        plan.servers[1].target.host = "10.0.0.2";
        plan.barred.resize(1);
        plan.barred[0].target.host = "10.0.0.3";
    }

    Plan plan;
    std::unique_ptr<io::Loop> loop = std::move(*io::make_epoll_loop());
    alignas(4096) std::array<std::byte, Notes::kBytes> noted{};
    alignas(4096) std::array<std::byte, EventRing::kBytes> ring{};
    std::vector<std::string> lines;
    Log outer{Level::info, [this](Level, std::string_view line) { lines.emplace_back(line); }};
    Journal journal{*loop, outer, EventRing(ring), Notes(noted), Level::info};
    Watchdog watchdog{*loop, 7, {}, [](const std::string&) {}};
    Reconnect::State state = Reconnect::State::connected;
    std::vector<Reconnect::Event> events;
    Desk desk{{.plan = plan,
               .notes = Notes(noted),
               .journal = journal,
               .watchdog = watchdog,
               .state = [this] { return state; },
               .feed = [this](Reconnect::Event event) { events.push_back(std::move(event)); },
               .status = [] { return "the status"; },
               .debug = [] { return "the debug"; }}};

    std::string answer(std::string_view line) { return desk.answer(line).value_or("no answer"); }
};

}  // namespace

TEST_CASE("what is asked for is shown") {
    World world;
    CHECK(world.answer("status") == "the status");
    CHECK(world.answer("debug") == "the debug");
    CHECK(world.answer("timeout") == "{\"timeout\":7}\n");
    CHECK(world.answer("log") == "{\"log\":\"info\"}\n");
    CHECK(world.answer("info") == "{\"info\":\"\"}\n");
    CHECK(world.events.empty());
}

TEST_CASE("what is set has its effect at once, and is noted for the next process") {
    World world;
    CHECK(world.answer("timeout 30") == "{\"timeout\":30}\n");
    CHECK(world.watchdog.stall_seconds() == 30);
    CHECK(Notes(world.noted).timeout_seconds() == 30U);
    CHECK(world.answer("timeout 0") == "{\"timeout\":0}\n");
    CHECK(Notes(world.noted).timeout_seconds() == 0U);
    CHECK(world.answer("info rack \"7\"") == "{\"info\":\"rack \\\"7\\\"\"}\n");
    CHECK(Notes(world.noted).info() == "rack \"7\"");
    CHECK(world.answer("log error") == "{\"log\":\"error\"}\n");
    CHECK(Notes(world.noted).log_level() == Level::error);
    world.lines.clear();
    world.journal.log().info("not shown");
    world.journal.log().error("shown");
    CHECK(world.lines == std::vector<std::string>{"shown"});
}

TEST_CASE("a new connection is asked for, of a server that may be used") {
    World world;
    CHECK(world.answer("reconnect") == "{\"ok\":true}\n");
    CHECK(world.answer("reconnect 2") == "{\"ok\":true}\n");
    REQUIRE(world.events.size() == 2);
    CHECK_FALSE(std::get<Reconnect::Asked>(world.events[0]).server);
    CHECK(std::get<Reconnect::Asked>(world.events[1]).server == 1U);
}

TEST_CASE("the server that was asked for is noted before it is answered, for the next process") {
    World world;
    CHECK_FALSE(world.desk.wish());
    world.answer("reconnect");
    CHECK_FALSE(world.desk.wish());
    world.answer("reconnect 3");  // it may not be used
    CHECK_FALSE(world.desk.wish());
    world.answer("reconnect 2");
    CHECK(Notes(world.noted).wish() == 1U);
    CHECK(world.desk.wish() == 1U);
    Notes(world.noted).set_wish(2);  // no server of this plan
    CHECK_FALSE(world.desk.wish());
}

TEST_CASE("a server that may not be used, or is not known, is refused and nothing happens") {
    World world;
    CHECK(world.answer("reconnect 3").find("{\"error\":\"10.0.0.3:10809 may not be used") == 0);
    CHECK(world.answer("reconnect 4").find("{\"error\":\"no server is '4'") == 0);
    CHECK(world.events.empty());
}

TEST_CASE("a device that is being disconnected gets no new connection") {
    World world;
    world.state = GENERATE(Reconnect::State::leaving, Reconnect::State::over);
    CHECK(world.answer("reconnect") == "{\"error\":\"the device is being disconnected\"}\n");
    CHECK(world.events.empty());
}

TEST_CASE("only force ends a device that may be in use, and the end itself answers the other") {
    World world;
    CHECK(world.answer("disconnect force") == "{\"ok\":true}\n");
    CHECK(world.answer("disconnect") == "no answer");
    REQUIRE(world.events.size() == 2);
    CHECK(std::holds_alternative<Reconnect::Force>(world.events[0]));
    CHECK(std::holds_alternative<Reconnect::Leave>(world.events[1]));
}

TEST_CASE("the end of the machine is announced") {
    World world;
    CHECK(world.answer("ending reboot") == "{\"ok\":true}\n");
    CHECK(world.answer("ending none") == "{\"ok\":true}\n");
    REQUIRE(world.events.size() == 2);
    CHECK(std::get<Reconnect::Ending>(world.events[0]).how == MachineEnd::reboot);
    CHECK_FALSE(std::get<Reconnect::Ending>(world.events[1]).how);
}

TEST_CASE("a line that is no request is called meaningless, whatever it holds") {
    World world;
    const auto [line, answer] = GENERATE(table<std::string, std::string>({
        {"dance", R"({"error":"unknown request 'dance'","meaningless":true})"},
        {"da\"nce\x1b", R"({"error":"unknown request 'da\"nce\\x1b'","meaningless":true})"},
        {std::string(513, 'x'),
         R"({"error":"a request has at most 512 characters","meaningless":true})"},
    }));
    CHECK(world.answer(line) == answer + "\n");
    CHECK(world.events.empty());
}

}  // namespace nbdroot::agent::resident
