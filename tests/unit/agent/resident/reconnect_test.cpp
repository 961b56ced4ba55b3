#include "agent/resident/reconnect.h"

#include <string>
#include <vector>

#include "lib/base/text.h"
#include "tests/support/catch.h"

namespace nbdroot::agent::resident {
namespace {

using State = Reconnect::State;
using Actions = std::vector<Reconnect::Action>;

constexpr Instant kStart{Duration{1'000'000}};
constexpr Duration kSecond{1000};

Reconnect::Options three_servers() {
    return {.servers = {"10.0.0.1:1234", "10.0.0.2:1234", "10.0.0.3:1234"}};
}

Reconnect::Failed refused() {
    return {
        {.error = {
             .operation = "connect", .object = "10.0.0.1:1234", .reason = "Connection refused"}}};
}

// A machine with one server that is in STATE at NOW.
Reconnect machine_in(State state, Instant& now) {
    Reconnect machine({.servers = {"10.0.0.1:1234"}}, now);
    if (state == State::connected) return machine;
    if (state == State::over) {
        (void)machine.step(Reconnect::DeviceOver{"disconnected"}, now);
        return machine;
    }
    if (state == State::leaving) {
        (void)machine.step(Reconnect::Leave{}, now);
        (void)machine.take_lines();
        return machine;
    }
    (void)machine.step(Reconnect::Lost{"reset"}, now);
    now += kSecond;  // no young attempt
    if (state == State::installing) (void)machine.step(Reconnect::Offered{}, now);
    if (state == State::pausing) (void)machine.step(refused(), now);
    (void)machine.take_lines();
    return machine;
}

std::string text_of(Reconnect& machine) {
    std::string text;
    for (const auto& line : machine.take_lines()) text += line.text + '\n';
    return text;
}

struct Row {
    State before;
    Reconnect::Event event;
    State after;
    Actions actions;
    bool is_impossible = false;
};

using R = Reconnect;

std::vector<Row> table() {
    const Error error{.operation = "RECONFIGURE", .object = "nbd0", .reason = "no dead socket"};
    const Actions anew{R::Abandon{}, R::Drop{}, R::Connect{0}};
    const Actions forget{R::Abandon{}, R::Drop{}};
    const Actions drop_and_connect{R::Drop{}, R::Connect{0}};
    return {
        {State::connected, R::Lost{"reset"}, State::connecting, drop_and_connect},
        {State::connected, R::Unusable{"silent"}, State::connecting, drop_and_connect},
        {State::connected, R::Offered{}, State::connecting, anew, true},
        {State::connected, refused(), State::connecting, anew, true},
        {State::connected, R::Taken{}, State::connecting, anew, true},
        {State::connected, R::NotTaken{error}, State::connecting, anew, true},
        {State::connected, R::NetworkBack{}, State::connected, {}},
        {State::connected, R::Asked{"asked"}, State::connecting, drop_and_connect},
        {State::connected, R::BootOver{}, State::connected, {}},
        {State::connected, R::Ending{MachineEnd::halt}, State::connected, {}},
        {State::connected, R::Leave{}, State::leaving, {R::Farewell{}}},
        {State::connected, R::Force{}, State::over, {R::Drop{}, R::Disconnect{}}},
        {State::connected, R::DeviceOver{"gone"}, State::over, {R::End{}}},
        {State::connected, R::TimePassed{}, State::connected, {}},

        {State::connecting, R::Lost{"reset"}, State::connecting, {}},
        {State::connecting, R::Unusable{"silent"}, State::connecting, {}},
        {State::connecting, R::Offered{}, State::installing, {R::Install{}}},
        {State::connecting, refused(), State::pausing, {}},
        {State::connecting, R::Taken{}, State::pausing, forget, true},
        {State::connecting, R::NotTaken{error}, State::pausing, forget, true},
        {State::connecting, R::NetworkBack{}, State::connecting, {R::Abandon{}, R::Connect{0}}},
        {State::connecting, R::Asked{"asked"}, State::connecting, {}},
        {State::connecting, R::BootOver{}, State::connecting, {}},
        {State::connecting, R::Ending{MachineEnd::halt}, State::connecting, {}},
        {State::connecting, R::Leave{}, State::over, {R::Abandon{}, R::Disconnect{}}},
        {State::connecting, R::Force{}, State::over, {R::Abandon{}, R::Drop{}, R::Disconnect{}}},
        {State::connecting, R::DeviceOver{"gone"}, State::over, {R::Abandon{}, R::End{}}},
        {State::connecting, R::TimePassed{}, State::connecting, {}},

        {State::installing, R::Lost{"reset"}, State::installing, {}},
        {State::installing, R::Unusable{"silent"}, State::installing, {}},
        {State::installing, R::Offered{}, State::pausing, forget, true},
        {State::installing, refused(), State::pausing, forget, true},
        {State::installing, R::Taken{}, State::connected, {}},
        {State::installing, R::NotTaken{error}, State::pausing, {R::Drop{}}},
        {State::installing, R::NetworkBack{}, State::installing, {}},
        {State::installing, R::Asked{"asked"}, State::installing, {}},
        {State::installing, R::BootOver{}, State::installing, {}},
        {State::installing, R::Ending{MachineEnd::halt}, State::installing, {}},
        {State::installing, R::Leave{}, State::over, {R::Disconnect{}}},
        {State::installing, R::Force{}, State::over, {R::Drop{}, R::Disconnect{}}},
        {State::installing, R::DeviceOver{"gone"}, State::over, {R::End{}}},
        {State::installing, R::TimePassed{}, State::installing, {}},

        {State::pausing, R::Lost{"reset"}, State::pausing, {}},
        {State::pausing, R::Unusable{"silent"}, State::pausing, {}},
        {State::pausing, R::Offered{}, State::pausing, forget, true},
        {State::pausing, refused(), State::pausing, forget, true},
        {State::pausing, R::Taken{}, State::pausing, forget, true},
        {State::pausing, R::NotTaken{error}, State::pausing, forget, true},
        {State::pausing, R::NetworkBack{}, State::connecting, {R::Connect{0}}},
        {State::pausing, R::Asked{"asked"}, State::connecting, {R::Connect{0}}},
        {State::pausing, R::BootOver{}, State::pausing, {}},
        {State::pausing, R::Ending{MachineEnd::halt}, State::pausing, {}},
        {State::pausing, R::Leave{}, State::over, {R::Disconnect{}}},
        {State::pausing, R::Force{}, State::over, {R::Drop{}, R::Disconnect{}}},
        {State::pausing, R::DeviceOver{"gone"}, State::over, {R::End{}}},
        {State::pausing, R::TimePassed{}, State::pausing, {}},

        {State::leaving, R::Lost{"reset"}, State::leaving, {}},
        {State::leaving, R::Unusable{"silent"}, State::leaving, {}},
        {State::leaving, R::Offered{}, State::leaving, {}},
        {State::leaving, refused(), State::leaving, {}},
        {State::leaving, R::Taken{}, State::leaving, {}},
        {State::leaving, R::NotTaken{error}, State::leaving, {}},
        {State::leaving, R::NetworkBack{}, State::leaving, {}},
        {State::leaving, R::Asked{"asked"}, State::leaving, {}},
        {State::leaving, R::BootOver{}, State::leaving, {}},
        {State::leaving, R::Ending{MachineEnd::halt}, State::leaving, {}},
        {State::leaving, R::Leave{}, State::leaving, {}},
        {State::leaving, R::Force{}, State::over, {R::Drop{}, R::Disconnect{}}},
        {State::leaving, R::DeviceOver{"gone"}, State::over, {R::End{}}},
        {State::leaving, R::TimePassed{}, State::leaving, {}},

        {State::over, R::Lost{"reset"}, State::over, {}},
        {State::over, R::Unusable{"silent"}, State::over, {}},
        {State::over, R::Offered{}, State::over, {}},
        {State::over, refused(), State::over, {}},
        {State::over, R::Taken{}, State::over, {}},
        {State::over, R::NotTaken{error}, State::over, {}},
        {State::over, R::NetworkBack{}, State::over, {}},
        {State::over, R::Asked{"asked"}, State::over, {}},
        {State::over, R::BootOver{}, State::over, {}},
        {State::over, R::Ending{MachineEnd::halt}, State::over, {}},
        {State::over, R::Leave{}, State::over, {}},
        {State::over, R::Force{}, State::over, {}},
        {State::over, R::DeviceOver{"gone"}, State::over, {}},
        {State::over, R::TimePassed{}, State::over, {}},
    };
}

}  // namespace

TEST_CASE("every event in every state has its outcome, and none ends the resident by mistake") {
    constexpr std::size_t kStates = 6;
    CHECK(table().size() == kStates * std::variant_size_v<Reconnect::Event>);
    for (const Row& row : table()) {
        Instant now = kStart;
        Reconnect machine = machine_in(row.before, now);
        INFO(name_of(row.event) << " in state " << name_of(row.before));
        CHECK(machine.step(row.event, now) == row.actions);
        CHECK(machine.state() == row.after);
        const bool complains = text_of(machine).find("makes no sense") != std::string::npos;
        CHECK(complains == row.is_impossible);
    }
}

TEST_CASE("a lost server is tried at once, then again after a pause, for ever") {
    Reconnect machine({.servers = {"10.0.0.1:1234"}}, kStart);
    Instant now = kStart;
    CHECK(machine.step(R::Lost{"Connection reset by peer"}, now) ==
          Actions{R::Drop{}, R::Connect{0}});
    std::size_t attempts = 1;
    const Instant end = kStart + std::chrono::hours(1);
    while (now < end) {
        CHECK(machine.step(refused(), now).empty());
        REQUIRE(machine.next_deadline());
        now = *machine.next_deadline();
        CHECK(machine.step(R::TimePassed{}, now) == Actions{R::Connect{0}});
        ++attempts;
    }
    CHECK(attempts > 3000);  // 30 s at four a second, then one a second
    CHECK(attempts < 4500);
    CHECK(machine.step(R::Offered{}, now) == Actions{R::Install{}});
    CHECK(machine.step(R::Taken{}, now).empty());
    CHECK(machine.report().reconnects == 1);
    CHECK(machine.report().longest_outage == now - kStart);
    CHECK_FALSE(machine.next_deadline());
}

TEST_CASE("the servers are tried in order of preference, without a pause between them") {
    auto options = three_servers();
    options.connected_to = 2;
    Reconnect machine(options, kStart);
    CHECK(machine.step(R::Lost{"reset"}, kStart) == Actions{R::Drop{}, R::Connect{0}});
    CHECK(machine.step(refused(), kStart) == Actions{R::Connect{1}});
    CHECK(machine.step(refused(), kStart) == Actions{R::Connect{2}});
    CHECK(machine.step(refused(), kStart).empty());
    CHECK(machine.state() == State::pausing);
}

TEST_CASE("a server that is of no use is left for the one after it") {
    auto options = three_servers();
    options.connected_to = 1;
    Reconnect machine(options, kStart);
    CHECK(machine.step(R::Unusable{"silent"}, kStart) == Actions{R::Drop{}, R::Connect{2}});
    CHECK(machine.step(refused(), kStart) == Actions{R::Connect{0}});
    CHECK(machine.step(refused(), kStart) == Actions{R::Connect{1}});
    CHECK(machine.step(refused(), kStart).empty());
}

TEST_CASE("somebody who names a server gets it tried first, in whatever state") {
    for (const State state : {State::connected, State::connecting, State::pausing}) {
        auto options = three_servers();
        Reconnect machine(options, kStart);
        if (state != State::connected) (void)machine.step(R::Lost{"reset"}, kStart);
        if (state == State::pausing) {
            for (int i = 0; i < 3; ++i) (void)machine.step(refused(), kStart);
        }
        REQUIRE(machine.state() == state);
        const R::Asked asked{.why = "somebody asked", .server = 2};
        Actions expected{R::Connect{2}};
        if (state == State::connected) expected.insert(expected.begin(), R::Drop{});
        if (state == State::connecting) expected.insert(expected.begin(), R::Abandon{});
        CHECK(machine.step(asked, kStart + kSecond) == expected);
        CHECK(machine.step(refused(), kStart + kSecond) == Actions{R::Connect{0}});
    }
}

TEST_CASE("what the processes before have counted goes on") {
    Reconnect machine({.servers = {"a"}, .reconnects = 7, .longest_outage = 9 * kSecond}, kStart);
    CHECK(machine.report().connected_at == kStart);
    (void)machine.step(R::Lost{"reset"}, kStart);
    (void)machine.step(R::Offered{}, kStart + kSecond);
    (void)machine.step(R::Taken{}, kStart + kSecond);
    CHECK(machine.report().reconnects == 8);
    CHECK(machine.report().longest_outage == 9 * kSecond);
    CHECK(machine.report().connected_at == kStart + kSecond);
}

TEST_CASE("news of the network in a swarm do not end the attempt that they caused") {
    Instant now = kStart;
    Reconnect machine = machine_in(State::pausing, now);
    CHECK(machine.step(R::NetworkBack{}, now) == Actions{R::Connect{0}});
    CHECK(machine.step(R::NetworkBack{}, now + Duration{100}).empty());
    CHECK(machine.step(R::NetworkBack{}, now + Duration{400}) ==
          Actions{R::Abandon{}, R::Connect{0}});
}

TEST_CASE("after a long outage a network that is back is tried as often as at the beginning") {
    for (const State state : {State::connecting, State::pausing}) {
        Instant now = kStart;
        Reconnect machine = machine_in(state, now);
        now += 100 * kSecond;
        (void)machine.step(R::NetworkBack{}, now);
        (void)machine.step(refused(), now);  // the neighbour was not found again yet
        REQUIRE(machine.next_deadline());
        CHECK(*machine.next_deadline() - now < kSecond / 2);
    }
}

TEST_CASE("a connection that the device refuses is dropped and tried again, not kept") {
    Instant now = kStart;
    Reconnect machine = machine_in(State::installing, now);
    const auto actions = machine.step(
        R::NotTaken{{.operation = "RECONFIGURE", .object = "nbd0", .reason = "no dead socket"}},
        now);
    CHECK(actions == Actions{R::Drop{}});
    CHECK(text_of(machine).find("no dead socket") != std::string::npos);
    CHECK(machine.report().last_error.find("no dead socket") != std::string::npos);
    CHECK(machine.next_deadline());
}

TEST_CASE("lost=reboot reboots once, after its time and not before") {
    Reconnect machine({.servers = {"a"}, .reboot_after = 10 * kSecond}, kStart);
    (void)machine.step(R::Lost{"reset"}, kStart);
    CHECK(machine.next_deadline() == kStart + 10 * kSecond);
    CHECK(machine.step(R::TimePassed{}, kStart + 9 * kSecond).empty());
    CHECK(machine.step(R::TimePassed{}, kStart + 10 * kSecond) ==
          Actions{R::EndMachine{MachineEnd::reboot}});
    CHECK(machine.step(R::TimePassed{}, kStart + 11 * kSecond).empty());
}

TEST_CASE("a server that is back in time averts lost=reboot") {
    Reconnect machine({.servers = {"a"}, .reboot_after = 10 * kSecond}, kStart);
    (void)machine.step(R::Lost{"reset"}, kStart);
    (void)machine.step(R::Offered{}, kStart + 9 * kSecond);
    (void)machine.step(R::Taken{}, kStart + 9 * kSecond);
    CHECK_FALSE(machine.next_deadline());
    CHECK(machine.step(R::TimePassed{}, kStart + 20 * kSecond).empty());
    // The next outage has its own time.
    (void)machine.step(R::Lost{"reset"}, kStart + 30 * kSecond);
    CHECK(machine.step(R::TimePassed{}, kStart + 31 * kSecond).empty());
}

TEST_CASE("lost=error fails requests once in each outage and goes on trying") {
    Reconnect machine({.servers = {"a"}, .fail_after = 5 * kSecond}, kStart);
    for (const Duration later : {Duration{0}, 60 * kSecond}) {
        const Instant now = kStart + later;
        (void)machine.step(R::Lost{"reset"}, now);
        CHECK(machine.step(R::TimePassed{}, now + 5 * kSecond) == Actions{R::FailRequests{}});
        CHECK(machine.step(R::TimePassed{}, now + 6 * kSecond).empty());
        CHECK(machine.state() == State::connecting);
        (void)machine.step(R::Offered{}, now + 7 * kSecond);
        (void)machine.step(R::Taken{}, now + 7 * kSecond);
    }
}

TEST_CASE("boot-timeout gives the device up where the boot still waits for its server") {
    Reconnect machine({.servers = {"a"}, .give_up_at = kStart + 20 * kSecond}, kStart);
    CHECK_FALSE(machine.next_deadline());  // connected: nothing to give up
    (void)machine.step(R::Lost{"reset"}, kStart);
    CHECK(machine.step(R::TimePassed{}, kStart + 20 * kSecond) ==
          Actions{R::Abandon{}, R::Disconnect{}});
    CHECK(machine.state() == State::over);
}

TEST_CASE("once the boot is over boot-timeout no longer counts") {
    Reconnect machine({.servers = {"a"}, .give_up_at = kStart + 20 * kSecond}, kStart);
    (void)machine.step(R::BootOver{}, kStart + kSecond);
    (void)machine.step(R::Lost{"reset"}, kStart + 2 * kSecond);
    CHECK(machine.step(R::TimePassed{}, kStart + 30 * kSecond).empty());
    CHECK(machine.state() == State::connecting);
}

TEST_CASE("a loss and a recovery are each one line with server, reason and length") {
    Reconnect machine({.servers = {"10.0.0.1:1234"}}, kStart);
    (void)machine.step(R::Lost{"Connection reset by peer"}, kStart);
    (void)machine.step(refused(), kStart);
    (void)machine.step(R::TimePassed{}, *machine.next_deadline());
    (void)machine.step(R::Offered{}, kStart + Duration{3210});
    (void)machine.step(R::Taken{}, kStart + Duration{3210});
    const std::string text = text_of(machine);
    CHECK(text.find("attach: connection to 10.0.0.1:1234 lost: Connection reset by peer; "
                    "reconnecting, requests wait\n") == 0);
    CHECK(text.find("attach: connect 10.0.0.1:1234: Connection refused (attempt 1, 0 s so far); "
                    "trying on every 0.25 s\n") != std::string::npos);
    CHECK(text.find("attach: connected to 10.0.0.1:1234 again after 3.2 s, attempt 2\n") !=
          std::string::npos);
}

}  // namespace nbdroot::agent::resident
