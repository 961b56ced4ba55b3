#include "lib/sys/succession.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>

#include "lib/base/text.h"
#include "lib/sys/listener.h"
#include "lib/sys/passed_socket.h"
#include "lib/sys/process.h"
#include "lib/sys/stream.h"
#include "tests/support/catch.h"

using namespace nbdroot;

namespace {

// What SCRIPT, a shell's, says of the descriptor N and the list of legacies as the next program.
int status_of(const std::string& script, const std::vector<sys::Legacy>& legacies) {
    const auto child = sys::fork_child([&] {
        (void)sys::succeed_to({.path = "/bin/sh", .arguments = {"-c", script}, .environment = {}},
                              legacies);
        return 99;
    });
    REQUIRE(child);
    return sys::wait_for_child(*child).status;
}

struct Variable {
    explicit Variable(const std::string& value) {
        ::setenv(sys::kLegacyVariable, value.c_str(), 1);
    }
    Variable(const Variable&) = delete;
    Variable& operator=(const Variable&) = delete;
    ~Variable() { ::unsetenv(sys::kLegacyVariable); }
};

}  // namespace

TEST_CASE("the next program has the sockets that are left to it, and no others") {
    const auto socket = sys::listen_tcp("127.0.0.1", 0);
    const auto other = sys::listen_tcp("127.0.0.1", 0);
    REQUIRE((socket && other));
    const int fd = socket->get();
    const std::string list = cat(fd, ":clients");
    CHECK(status_of(cat("test \"$NBDROOT_LISTENERS\" = ", list), {{fd, "clients"}}) == 0);
    CHECK(status_of(cat("test -S /proc/$$/fd/", fd), {{fd, "clients"}}) == 0);
    CHECK(status_of(cat("test -S /proc/$$/fd/", other->get()), {{fd, "clients"}}) == 1);
    CHECK(status_of("test -z \"$NBDROOT_LISTENERS\"", {}) == 0);
}

TEST_CASE("a program that cannot be executed leaves everything as it was") {
    const auto socket = sys::listen_tcp("127.0.0.1", 0);
    REQUIRE(socket);
    const Error error =
        sys::succeed_to({.path = "/nonexistent/program", .arguments = {}, .environment = {}},
                        {{socket->get(), "clients"}});
    CHECK(error.message() == "execute /nonexistent/program: No such file or directory");
    CHECK((::fcntl(socket->get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("signals that wait reach the next program") {
    const auto child = sys::fork_child([] {
        (void)sys::block_all_signals();
        (void)sys::succeed_to({.path = "/bin/grep",
                               .arguments = {"-q", "SigBlk:.*f.*f", "/proc/self/status"},
                               .environment = {}},
                              {});
        return 99;
    });
    REQUIRE(child);
    CHECK(sys::wait_for_child(*child).status == 0);
}

TEST_CASE("what a predecessor left is taken, once") {
    auto socket = sys::listen_tcp("127.0.0.1", 0);
    REQUIRE(socket);
    const int fd = socket->release();  // its owner is the list
    ::fcntl(fd, F_SETFD, 0);
    const Variable variable(cat(fd, ":clients"));
    const auto passed = sys::take_passed_listeners();
    REQUIRE(passed);
    CHECK(passed->from_predecessor);
    REQUIRE(passed->sockets.size() == 1);
    CHECK(passed->sockets[0].fd.get() == fd);
    CHECK(passed->sockets[0].name == "clients");
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    const auto again = sys::take_passed_listeners();
    REQUIRE(again);
    CHECK(again->sockets.empty());
    CHECK_FALSE(again->from_predecessor);
}

TEST_CASE("a predecessor that left nothing is one all the same") {
    const Variable variable("");
    const auto passed = sys::take_passed_listeners();
    REQUIRE(passed);
    CHECK(passed->from_predecessor);
    CHECK(passed->sockets.empty());
}

TEST_CASE("what is no list of listening sockets is an error") {
    const auto [list, expected] = GENERATE(table<std::string, std::string>({
        {"x:clients", "not a list of descriptors and names"},
        {"-1:clients", "not a list of descriptors and names"},
        {"99999999999:clients", "not a list of descriptors and names"},
        {"987:clients", "not an open socket"},
        {"2:clients", "not an open socket"},
    }));
    const Variable variable(list);
    const auto passed = sys::take_passed_listeners();
    REQUIRE_FALSE(passed);
    CHECK(passed.error().reason.find(expected) != std::string::npos);
}

TEST_CASE("the program's own path") {
    const auto [word, expected] = GENERATE(table<std::string, std::string>({
        {"/bin/sh", "/bin/sh"},
        {"/nonexistent/sh", ""},
        {"sh", ""},
        {"", ""},
        {"/bin", ""},
    }));
    const auto path = sys::own_program_path(word);
    REQUIRE(path);
    if (!expected.empty()) CHECK(*path == expected);
    if (expected.empty()) CHECK(path->ends_with("sys_test"));
}

TEST_CASE("what cannot be executed is told before") {
    CHECK(sys::check_program("/bin/sh"));
    CHECK(sys::check_program("/nonexistent").error().message() ==
          "execute /nonexistent: No such file or directory");
    CHECK(sys::check_program("/etc").error().message() == "execute /etc: Permission denied");
    CHECK(sys::check_program("/etc/passwd").error().message() ==
          "execute /etc/passwd: Permission denied");
}

TEST_CASE("children are collected, and those that run are told") {
    CHECK_FALSE(sys::has_children());
    auto pair = sys::make_stream_pair();
    REQUIRE(pair);
    const auto child = sys::fork_child([&] {
        pair->second.reset();
        (void)sys::wait_for_byte(pair->first.get(), std::chrono::seconds(20));
        return 0;
    });
    REQUIRE(child);
    CHECK(sys::has_children());
    sys::kill_process(*child);
    while (sys::has_children()) {
    }
    CHECK_FALSE(sys::has_children());
}
