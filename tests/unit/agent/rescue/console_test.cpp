#include "agent/rescue/console.h"

#include <string>
#include <vector>

#include "agent/rescue/prompt.h"
#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "tests/support/pty.h"

using namespace nbdroot;
using agent::rescue::Console;
using agent::rescue::Programs;

namespace {

constexpr Duration kLimit{10'000};

sys::Program script(const std::string& text) {
    return {.path = "/bin/sh", .arguments = {"-c", text}, .environment = {}};
}

// A console on a terminal of its own, whose waits end with each offer that is said.
struct Scene {
    explicit Scene(sys::Program prompt, bool has_shell = false,
                   Duration shortest_shell = Duration(1'000))
        : console(*loop, log,
                  {.terminal = pty.path(),
                   .offer = script("echo ready; read line && exit 10; exit 1"),
                   .prompt = std::move(prompt),
                   .has_shell = [has_shell] { return has_shell; },
                   .offer_after = Duration(10),
                   .shortest_shell = shortest_shell}) {}

    // What is typed before the program has the terminal open is lost.
    void type(std::string_view text) {
        pty.read_until("ready");
        pty.type(text);
    }

    // Whether somebody, or an offer, ended the wait.
    bool is_called_off(Duration limit = kLimit) { return !console.wait_until(sys::now() + limit); }

    test::Pty pty;
    std::unique_ptr<io::Loop> loop = std::move(*io::make_epoll_loop());
    int offers = 0;
    Log log{Level::info, [this](Level, std::string_view line) {
                if (line.find("press Enter") == std::string_view::npos) return;
                ++offers;
                loop->stop();
            }};
    Console console;
};

std::string reason() { return "connect: refused; trying on"; }

}  // namespace

TEST_CASE("a console is offered again after a wish that came to nothing") {
    Scene scene(script("exit 10"));
    scene.console.offer(reason);
    for (int times = 1; times <= 3; ++times) {
        REQUIRE(scene.is_called_off());
        REQUIRE(scene.offers == times);
        scene.type("\n");
        REQUIRE(scene.is_called_off());  // the wish
        REQUIRE(scene.offers == times);
    }
}

TEST_CASE("a console is offered again after an offer that was ended by ^D") {
    Scene scene(script("exit 10"));
    scene.console.offer(reason);
    REQUIRE(scene.is_called_off());
    scene.type("\x04");
    REQUIRE(scene.is_called_off());
    CHECK(scene.offers == 2);
}

TEST_CASE("a console is offered after a break") {
    Scene scene(script("exit 10"));
    scene.console.offer(reason);
    scene.console.run("stopped before mount");
    REQUIRE(scene.is_called_off());
    CHECK(scene.offers == 1);
}

TEST_CASE("a console is offered no more where the boot is over, or does something else") {
    Scene scene(script("exit 10"));
    scene.console.offer(reason);
    SECTION("over") { scene.console.close(); }
    SECTION("something else") { scene.console.stop_offering(); }
    CHECK_FALSE(scene.is_called_off(Duration(100)));
    CHECK(scene.offers == 0);
}

TEST_CASE("the end of a built-in prompt that nobody can type at is no wish") {
    Scene scene(script("exit 1"), false, Duration(1));
    scene.console.open("connect: refused");
    CHECK_FALSE(scene.is_called_off(Duration(100)));
}

TEST_CASE("the end of a shell is a wish, whatever its status") {
    Scene scene(script("exit 3"), true, Duration(1));
    scene.console.open("connect: refused");
    CHECK(scene.is_called_off());
}

TEST_CASE("shells that end at once do not make the boot spin") {
    Scene scene(script("exit 0"), true, Duration(50));
    const Instant began = sys::now();
    for (int i = 0; i < 4; ++i) {
        scene.console.open("connect: refused");
        REQUIRE(scene.is_called_off());
    }
    CHECK(sys::now() >= began + Duration(50 + 100 + 200 + 400));
}
