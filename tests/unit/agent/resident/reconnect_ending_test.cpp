// Reconnect while the machine shuts down.
#include <chrono>
#include <vector>

#include "agent/resident/reconnect.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

using R = Reconnect;
using Actions = std::vector<R::Action>;

constexpr Instant kStart{Duration{1'000'000}};
constexpr Duration kSecond{1000};
constexpr Duration kEndingForgotten = std::chrono::minutes(45);

}  // namespace

TEST_CASE("a machine that is ending waits for its server, and not for ever") {
    Reconnect machine({.servers = {"a"}, .end_after = 10 * kSecond}, kStart);
    CHECK(machine.step(R::Ending{MachineEnd::kexec}, kStart).empty());
    CHECK(machine.report().ending == MachineEnd::kexec);
    CHECK(machine.next_deadline() == kStart + kEndingForgotten);  // the server is there
    (void)machine.step(R::Lost{"reset"}, kStart + 3 * kSecond);
    CHECK(machine.next_deadline() == kStart + 13 * kSecond);
    CHECK(machine.step(R::TimePassed{}, kStart + 12 * kSecond).empty());
    CHECK(machine.step(R::TimePassed{}, kStart + 13 * kSecond) ==
          Actions{R::EndMachine{MachineEnd::kexec}});
    CHECK(machine.step(R::TimePassed{}, kStart + 14 * kSecond).empty());  // once
}

TEST_CASE("a loss before the shutdown counts from the shutdown on") {
    Reconnect machine({.servers = {"a"}, .end_after = 10 * kSecond}, kStart);
    (void)machine.step(R::Lost{"reset"}, kStart);
    (void)machine.step(R::Ending{MachineEnd::halt}, kStart + 60 * kSecond);
    // A word more about how is no new begin.
    (void)machine.step(R::Ending{MachineEnd::poweroff}, kStart + 65 * kSecond);
    CHECK(machine.step(R::TimePassed{}, kStart + 69 * kSecond).empty());
    CHECK(machine.step(R::TimePassed{}, kStart + 70 * kSecond) ==
          Actions{R::EndMachine{MachineEnd::poweroff}});
}

TEST_CASE("a server that is back in time averts the forced end, and the next outage has its own") {
    Reconnect machine({.servers = {"a"}, .end_after = 10 * kSecond}, kStart);
    (void)machine.step(R::Ending{MachineEnd::reboot}, kStart);
    (void)machine.step(R::Lost{"reset"}, kStart);
    (void)machine.step(R::Offered{}, kStart + 9 * kSecond);
    (void)machine.step(R::Taken{}, kStart + 9 * kSecond);
    CHECK(machine.next_deadline() == kStart + 9 * kSecond + kEndingForgotten);
    (void)machine.step(R::Lost{"reset"}, kStart + 30 * kSecond);
    CHECK(machine.step(R::TimePassed{}, kStart + 39 * kSecond).empty());
    CHECK(machine.step(R::TimePassed{}, kStart + 40 * kSecond) ==
          Actions{R::EndMachine{MachineEnd::reboot}});
}

TEST_CASE("a shutdown that was called off ends no machine at the next outage") {
    Reconnect machine({.servers = {"a"}, .end_after = 10 * kSecond}, kStart);
    (void)machine.step(R::Ending{MachineEnd::reboot}, kStart);
    (void)machine.step(R::Ending{std::nullopt}, kStart + kSecond);
    CHECK_FALSE(machine.report().ending);
    CHECK_FALSE(machine.next_deadline());
    (void)machine.step(R::Lost{"reset"}, kStart + 2 * kSecond);
    CHECK(machine.step(R::TimePassed{}, kStart + 60 * kSecond).empty());
    CHECK(machine.take_lines().size() == 3);  // begun, called off, lost
    (void)machine.step(R::Ending{std::nullopt}, kStart + 61 * kSecond);
    CHECK(machine.take_lines().empty());
}

TEST_CASE("a shutdown that does not come although the server is there is forgotten") {
    Reconnect machine({.servers = {"a"}, .end_after = 10 * kSecond}, kStart);
    (void)machine.step(R::Ending{MachineEnd::reboot}, kStart);
    (void)machine.step(R::TimePassed{}, kStart + kEndingForgotten - kSecond);
    CHECK(machine.report().ending == MachineEnd::reboot);
    (void)machine.step(R::TimePassed{}, kStart + kEndingForgotten);
    CHECK_FALSE(machine.report().ending);
    CHECK_FALSE(machine.next_deadline());
    const Instant later = kStart + 3 * kEndingForgotten;
    (void)machine.step(R::Lost{"reset"}, later);
    CHECK(machine.step(R::TimePassed{}, later + 60 * kSecond).empty());
    // One that begins again counts again.
    (void)machine.step(R::Ending{MachineEnd::halt}, later + 60 * kSecond);
    CHECK(machine.step(R::TimePassed{}, later + 70 * kSecond) ==
          Actions{R::EndMachine{MachineEnd::halt}});
}

TEST_CASE("a shutdown that is announced again is not forgotten for the time of the first word") {
    Reconnect machine({.servers = {"a"}, .end_after = 10 * kSecond}, kStart);
    (void)machine.step(R::Ending{MachineEnd::reboot}, kStart);
    (void)machine.step(R::Ending{MachineEnd::halt}, kStart + kEndingForgotten - kSecond);
    CHECK(machine.next_deadline() == kStart + 2 * kEndingForgotten - kSecond);
    (void)machine.step(R::Ending{MachineEnd::kexec}, kStart + 4 * kEndingForgotten);
    CHECK(machine.report().ending == MachineEnd::kexec);
}

TEST_CASE("without nbdroot.shutdown-timeout an ending machine waits for ever") {
    Reconnect machine({.servers = {"a"}}, kStart);
    (void)machine.step(R::Ending{MachineEnd::reboot}, kStart);
    (void)machine.step(R::Lost{"reset"}, kStart);
    CHECK_FALSE(machine.next_deadline());
}

TEST_CASE("a new session process knows that the machine was ending") {
    Reconnect machine({.servers = {"a"}, .end_after = 10 * kSecond, .ending = MachineEnd::halt},
                      kStart);
    (void)machine.step(R::Asked{"the process that kept it has ended"}, kStart);
    CHECK(machine.step(R::TimePassed{}, kStart + 10 * kSecond) ==
          Actions{R::EndMachine{MachineEnd::halt}});
}

}  // namespace nbdroot::agent::resident
