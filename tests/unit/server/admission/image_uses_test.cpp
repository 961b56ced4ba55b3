#include "server/admission/image_uses.h"

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
using nbdroot::server::admission::ImageUses;
using nbdroot::server::admission::Policy;
using nbdroot::test::BoundedLoop;
using nbdroot::test::Gate;
using nbdroot::test::TemporaryFile;

namespace {

struct Guest {
    std::shared_ptr<ImageUses::Use> use;
    std::string refused;
};

struct Lab {
    BoundedLoop loop;
    TemporaryFile notes;
    Gate gate;
    std::vector<std::string> lines;
    nbdroot::Log log{nbdroot::Level::info,
                     [this](nbdroot::Level, std::string_view line) { lines.emplace_back(line); }};
    CommandQueue::Limits limits{.at_once = 4, .time = 20s};
    std::shared_ptr<ImageUses> uses = std::make_shared<ImageUses>(
        loop.get(), log, ImageUses::Limits{.before = limits, .after = limits});
    Policy policy{.export_name = "x", .before = note("before"), .after = note("after")};

    [[nodiscard]] std::string note(const std::string& word) const {
        return nbdroot::cat("echo ", word, " $NBDROOT_CLIENT >>", notes.path());
    }
    [[nodiscard]] std::string wait() const { return "; " + gate.wait(); }
    void go_on() const { gate.let_through(100); }

    std::shared_ptr<Guest> come(const std::string& client, const std::string& path = "disk") {
        auto guest = std::make_shared<Guest>();
        uses->begin(std::make_shared<Policy>(policy),
                    {.export_name = "x", .client = client, .path = path}, guest,
                    [raw = guest.get()](const Result<std::shared_ptr<ImageUses::Use>>& use) {
                        if (use) {
                            raw->use = *use;
                        } else {
                            raw->refused = use.error().reason;
                        }
                    });
        return guest;
    }
    std::shared_ptr<Guest> in(const std::string& client) {
        auto guest = come(client);
        loop.run_until([&] { return guest->use != nullptr; });
        return guest;
    }
    void run_until_noted(const std::string& all) {
        loop.run_until([&] { return notes.contents() == all; });
        loop.run_until([&] { return uses->commands() == 0; });
        CHECK(notes.contents() == all);
    }
};

}  // namespace

TEST_CASE("an image without commands is in use at once") {
    Lab lab;
    lab.policy.before = lab.policy.after = "";
    CHECK(lab.come("a")->use);
    CHECK(lab.come("a")->use);
    CHECK(lab.uses->commands() == 0);
}

TEST_CASE("no command runs round an image in use: the first begins it, the last ends it") {
    Lab lab;
    auto first = lab.in("a");
    auto second = lab.come("b");
    CHECK(second->use == first->use);  // at once
    lab.run_until_noted("before a\n");
    first.reset();
    auto third = lab.come("c");
    CHECK(third->use == second->use);
    second.reset();
    CHECK(lab.uses->commands() == 0);
    third.reset();
    lab.run_until_noted("before a\nafter a\n");
}

TEST_CASE("whoever comes while the command before runs waits for it, and shares what it says") {
    Lab lab;
    lab.policy.before += lab.wait();
    const auto first = lab.come("a");
    const auto second = lab.come("b");
    auto gone = lab.come("c");
    gone.reset();
    lab.go_on();
    lab.loop.run_until([&] { return second->use != nullptr; });
    CHECK(first->use == second->use);
    CHECK(lab.notes.contents() == "before a\n");

    lab.policy.before = "exit 3";
    lab.policy.after = lab.note("never");
    const auto third = lab.come("a", "other");
    const auto fourth = lab.come("b", "other");
    lab.loop.run_until([&] { return !fourth->refused.empty(); });
    CHECK(third->refused == "exit status 3");
    CHECK(lab.uses->commands() == 0);
}

TEST_CASE("whoever comes while the command after runs waits for it, and the one before runs anew") {
    Lab lab;
    lab.policy.after += lab.wait();
    lab.in("a").reset();
    const auto next = lab.come("b");
    auto gone = lab.come("c");
    gone.reset();
    lab.loop.run_until([&] { return lab.notes.contents() == "before a\nafter a\n"; });
    CHECK_FALSE(next->use);
    lab.go_on();
    lab.loop.run_until([&] { return next->use != nullptr; });
    CHECK(lab.notes.contents() == "before a\nafter a\nbefore b\n");
}

TEST_CASE("what a command before has begun is cleared away, also where nobody waits any more") {
    Lab lab;
    lab.policy.before += lab.wait();
    auto guest = lab.come("a");
    lab.loop.run_until([&] { return lab.notes.contents() == "before a\n"; });
    guest.reset();
    lab.go_on();
    lab.run_until_noted("before a\nafter a\n");
}

TEST_CASE("a client that left before its command's turn starts none") {
    Lab lab;
    lab.come("a").reset();
    lab.loop.run_until([&] { return lab.uses->commands() == 0; });
    CHECK(lab.notes.contents().empty());
    CHECK(lab.in("b")->use);
}

TEST_CASE("however often a client comes and goes, one command after it waits") {
    Lab lab;
    lab.policy.before = "";
    lab.policy.after += lab.wait();
    for (int i = 0; i < 1000; ++i) lab.come("a").reset();
    CHECK(lab.uses->commands() == 1);
    const auto other = lab.come("b", "other");
    CHECK(other->use);
    lab.go_on();
}

TEST_CASE("a reload does not change the command that is owed to an image in use") {
    Lab lab;
    auto guest = lab.in("a");
    lab.policy.before = "";
    lab.policy.after = "";
    CHECK(lab.come("b")->use);
    guest.reset();
    lab.run_until_noted("before a\nafter a\n");
}

TEST_CASE("a failure of the command after is said, and keeps nobody out") {
    Lab lab;
    lab.policy.after = "exit 7";
    lab.in("a").reset();
    CHECK(lab.in("b")->use);
    REQUIRE_FALSE(lab.lines.empty());
    CHECK(lab.lines[0] ==
          "export 'x': the command after its last client (postrun): exit status 7; "
          "its image is disk");
}

TEST_CASE("uses may outlive what counts them, and commands may be under way at its end") {
    Lab lab;
    const auto guest = lab.in("a");
    lab.policy.before += lab.wait();
    const auto waits = lab.come("b", "other");
    lab.loop.run_until([&] { return lab.notes.contents() == "before a\nbefore b\n"; });
    lab.uses.reset();
    CHECK_FALSE(waits->use);
    CHECK(waits->refused.empty());
}
