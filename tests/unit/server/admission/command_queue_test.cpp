#include "server/admission/command_queue.h"

#include <signal.h>

#include <string>
#include <vector>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "tests/support/catch.h"
#include "tests/unit/server/bounded_loop.h"
#include "tests/unit/server/gate.h"
#include "tests/unit/server/temporary_file.h"

using namespace std::chrono_literals;
using nbdroot::Result;
using nbdroot::server::admission::CommandQueue;
using nbdroot::test::BoundedLoop;
using nbdroot::test::Gate;
using nbdroot::test::TemporaryFile;

namespace {

nbdroot::sys::Program shell(const std::string& command) {
    return {.path = "/bin/sh", .arguments = {"-c", command}, .environment = {}};
}

struct Lab {
    BoundedLoop loop;
    TemporaryFile file{""};
    std::vector<std::string> ends;

    static void submit(CommandQueue& queue, nbdroot::sys::Program program, CommandQueue::Done done,
                       const std::string& client = "a") {
        queue.submit({.program = std::move(program), .client = client, .done = std::move(done)});
    }
    CommandQueue::Done note(const std::string& name) {
        return [this, name](const Result<void>& result) {
            ends.push_back(name + (result ? ": done" : ": " + result.error().reason));
        };
    }
    [[nodiscard]] std::string written() const {
        return nbdroot::sys::read_text_file(file.path()).value_or("");
    }
    void run_until_ended(std::size_t count) {
        loop.run_until([&] { return ends.size() >= count; });
    }
};

}  // namespace

TEST_CASE("how a command ended is told, also where it could not be started") {
    Lab lab;
    CommandQueue queue(lab.loop.get(), {.at_once = 1, .time = 20s});
    Lab::submit(queue, shell("exit 0"), lab.note("a"));
    Lab::submit(queue, shell("exit 3"), lab.note("b"));
    Lab::submit(queue, shell("kill -9 $$"), lab.note("c"));
    Lab::submit(queue, {.path = "/nowhere/sh", .arguments = {}, .environment = {}}, lab.note("d"));
    CHECK(lab.ends.empty());
    lab.run_until_ended(4);
    CHECK(lab.ends == std::vector<std::string>{"a: done", "b: exit status 3",
                                               "c: killed by signal 9",
                                               "d: No such file or directory"});
    lab.loop.run_until([&] { return queue.size() == 0; });
}

TEST_CASE("a command that hangs is killed with its children, and then its place is free") {
    Lab lab;
    CommandQueue queue(lab.loop.get(), {.at_once = 1, .time = 100ms});
    // The sleeps are what hangs: nothing waits for their end.
    Lab::submit(queue,
                shell(nbdroot::cat("echo $$ >", lab.file.path(), "; sleep 1000 & sleep 1000")),
                lab.note("hangs"));
    Lab::submit(queue, shell("exit 0"), lab.note("next"));
    lab.run_until_ended(2);
    CHECK(lab.ends == std::vector<std::string>{"hangs: not done after 0 s, killed", "next: done"});
    const auto group =
        nbdroot::base::parse_decimal(lab.written().substr(0, lab.written().find('\n')), INT32_MAX);
    REQUIRE(group);
    // The sleepers are collected by whoever adopts orphans.
    lab.loop.run_until(
        [&] { return ::kill(-static_cast<pid_t>(*group), SIGKILL) != 0 && errno == ESRCH; });
}

TEST_CASE("no more commands run at once than may") {
    Lab lab;
    CommandQueue queue(lab.loop.get(), {.at_once = 2, .time = 20s});
    // Each says that it has begun and waits for the others: two cannot be three. The shells look
    // every 10 ms how many there are, for the 20 s of the queue at most: no event tells a count.
    const std::string& file = lab.file.path();
    const auto wait = [&](int count) {
        return shell(nbdroot::cat("echo x >>", file, "; while [ $(wc -l <", file, ") -lt ", count,
                                  " ]; do sleep 0.01; done"));
    };
    Lab::submit(queue, wait(3), lab.note("first"));
    Lab::submit(queue,
                shell(nbdroot::cat("while [ $(wc -l <", file,
                                   ") -lt 1 ]; do sleep 0.01; done; [ "
                                   "$(wc -l <",
                                   file, ") = 1 ]")),
                lab.note("second"));
    Lab::submit(queue, wait(0), lab.note("third"));
    Lab::submit(queue, wait(0), lab.note("fourth"));
    CHECK(queue.size() == 4);
    lab.run_until_ended(4);
    CHECK(lab.ends[0] == "second: done");
}

TEST_CASE("a command that nobody wants any more when its turn comes is not run") {
    Lab lab;
    CommandQueue queue(lab.loop.get(), {.at_once = 1, .time = 20s});
    Lab::submit(queue, shell("exit 0"), lab.note("stays"));
    bool wanted = true;
    queue.submit({.program = shell(nbdroot::cat("echo ran >", lab.file.path())),
                  .client = "a",
                  .is_wanted = [&] { return wanted; },
                  .done = lab.note("gone")});
    wanted = false;
    bool idle = false;
    queue.set_on_idle([&] { idle = true; });
    lab.loop.run_until([&] { return idle; });
    CHECK(lab.ends ==
          std::vector<std::string>{"stays: done", "gone: nobody waits for it any more"});
    CHECK(lab.written().empty());
}

TEST_CASE("a client's many commands leave places to those of others") {
    Lab lab;
    CommandQueue queue(lab.loop.get(), {.at_once = 2, .of_one_client = 1, .time = 20s});
    const Gate gate;
    Lab::submit(queue, shell(gate.wait()), lab.note("greedy"), "a");
    Lab::submit(queue, shell(gate.wait()), lab.note("greedy again"), "a");
    Lab::submit(queue, shell("exit 0"), lab.note("modest"), "b");
    lab.run_until_ended(1);
    CHECK(lab.ends == std::vector<std::string>{"modest: done"});
    gate.let_through(2);
    lab.run_until_ended(3);
    CHECK(lab.ends.back() == "greedy again: done");
}

TEST_CASE("a queue that goes away kills what runs") {
    Lab lab;
    {
        CommandQueue queue(lab.loop.get(), {.at_once = 1, .time = 20s});
        Lab::submit(queue, shell(nbdroot::cat("echo $$ >", lab.file.path(), "; sleep 1000")),
                    lab.note("x"));
        lab.loop.run_until([&] { return lab.written().ends_with("\n"); });
    }
    const std::string text = lab.written();
    const auto pid = nbdroot::base::parse_decimal(text.substr(0, text.size() - 1), INT32_MAX);
    REQUIRE(pid);
    lab.loop.run_until([&] {
        ::kill(static_cast<pid_t>(*pid), 0);
        const auto stat = nbdroot::sys::read_text_file(nbdroot::cat("/proc/", *pid, "/stat"));
        return !stat || stat->find(") Z ") != std::string::npos;
    });
    CHECK(lab.ends.empty());
}
