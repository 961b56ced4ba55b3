#include "lib/sys/console_program.h"

#include <fcntl.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/console.h"
#include "lib/sys/file.h"
#include "lib/sys/process_list.h"
#include "tests/support/pty.h"

using namespace nbdroot;
using test::Pty;

namespace {

Result<sys::ConsoleProgram> start(const Pty& pty, const char* script) {
    return sys::ConsoleProgram::start(
        {.path = "/bin/sh", .arguments = {"-c", script}, .environment = {}}, pty.path());
}

// The number behind WORD in what is shown.
pid_t number_behind(const Pty& pty, const std::string& word) {
    const std::string shown = pty.read_until("\n");
    const std::size_t at = shown.find(word);
    REQUIRE(at != std::string::npos);
    return static_cast<pid_t>(std::stol(shown.substr(at + word.size())));
}

// Nobody may have collected it yet.
bool lives(pid_t pid) {
    const auto stat = sys::read_text_file(cat("/proc/", pid, "/stat"));
    return stat && stat->find(") Z ") == std::string::npos;
}

// SIGKILL takes a moment to arrive.
bool ends(pid_t pid) {
    const Instant limit = sys::now() + Duration(10'000);
    while (lives(pid) && sys::now() < limit) sys::pause_until(sys::now() + Duration(1));
    return !lives(pid);
}

bool takes_output(const Pty& pty) {
    const auto terminal = sys::open_file(pty.path(), O_RDWR | O_NOCTTY | O_NONBLOCK);
    REQUIRE(terminal);
    return ::write(terminal->get(), "x", 1) == 1;
}

// What was typed takes a moment to arrive.
bool stops(const Pty& pty) {
    const Instant limit = sys::now() + Duration(10'000);
    while (takes_output(pty) && sys::now() < limit) sys::pause_until(sys::now() + Duration(1));
    return !takes_output(pty);
}

termios settings_of(const Pty& pty) {
    termios settings{};
    const auto terminal = sys::open_file(pty.path(), O_RDWR | O_NOCTTY);
    REQUIRE(terminal);
    REQUIRE(::tcgetattr(terminal->get(), &settings) == 0);
    return settings;
}

}  // namespace

TEST_CASE("what a console program runs in the background ends with it") {
    const Pty pty;
    auto program = start(pty, "set -m; sleep 100 & echo pid=$!; read answer");
    REQUIRE(program);
    const pid_t sleeper = number_behind(pty, "pid=");
    CHECK(lives(sleeper));
    SECTION("where it is ended") {}
    SECTION("where it ends by itself") {
        pty.type("\n");
        CHECK(program->wait().is_success());
        CHECK(ends(sleeper));
        return;
    }
    program->end();
    CHECK(ends(sleeper));
}

TEST_CASE("a console program has a terminal, or says that it has none") {
    const Pty pty;
    auto program = start(pty, "tty; exit 7");
    REQUIRE(program);
    CHECK(program->has_terminal());
    pty.read_until(pty.path());
    CHECK(program->wait().status == 7);
    auto blind = sys::ConsoleProgram::start(
        {.path = "/bin/sh", .arguments = {"-c", "read x"}, .environment = {}}, "/dev/nowhere");
    REQUIRE(blind);
    CHECK_FALSE(blind->has_terminal());
    CHECK(blind->wait().status == 1);
}

TEST_CASE("an XOFF as noise does not stop whoever writes to the console next") {
    const Pty pty;
    auto program = start(pty, "setsid sleep 100 & echo ready; read answer");
    REQUIRE(program);
    pty.read_until("ready");
    const auto kept_open = sys::open_file(pty.path(), O_RDWR | O_NOCTTY);
    pty.type("\x13");
    REQUIRE(stops(pty));
    program->end();
    CHECK(takes_output(pty));
}

TEST_CASE("an XOFF stops nothing while the flow is not to be controlled") {
    const Pty pty;
    const auto terminal = sys::open_file(pty.path(), O_RDWR | O_NOCTTY);
    REQUIRE(terminal);
    pty.type("\x13");
    REQUIRE(stops(pty));
    sys::set_flow_control(terminal->get(), sys::FlowControl::off);
    CHECK(takes_output(pty));
    sys::set_flow_control(terminal->get(), sys::FlowControl::on);
    CHECK((settings_of(pty).c_iflag & IXON) != 0);
}

TEST_CASE("a console program's settings of the terminal go with it") {
    const Pty pty;
    const auto kept_open = sys::open_file(pty.path(), O_RDWR | O_NOCTTY);
    const termios before = settings_of(pty);
    auto program = start(pty, "stty raw -echo; echo ready; read answer");
    REQUIRE(program);
    pty.read_until("ready");
    REQUIRE((settings_of(pty).c_lflag & ICANON) == 0);
    program->end();
    CHECK(settings_of(pty).c_lflag == before.c_lflag);
    CHECK(settings_of(pty).c_iflag == before.c_iflag);
}
