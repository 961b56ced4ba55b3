// The life of a root's connection, pure: events and time in, actions and lines for the log out.
//
//   connected ──lost──► connecting ──offered──► installing ──taken──► connected
//                         │    ▲                    │
//                       failed │ time, network,     │ not taken
//                         ▼    │ somebody asks      │
//                        pausing ◄──────────────────┘
//   connected ──leave──► leaving;   any state ──device over, force──► over
//
// When to try which server is attach::Retry's business. What must never happen here is an end by
// mistake: an event that the state does not expect is logged and leads to a new connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "agent/attach/retry.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/base/machine_end.h"
#include "lib/base/time.h"

namespace nbdroot::agent::resident {

class Reconnect {
public:
    struct Options {
        std::vector<std::string> servers = {};  // for the log, in order of preference; at least one
        std::size_t connected_to = 0;           // index of the server at the start
        std::uint32_t seed = 1;                 // of the jitter
        // nbdroot.lost=: how long after a loss; nullopt: never.
        std::optional<Duration> reboot_after = std::nullopt;
        std::optional<Duration> fail_after = std::nullopt;
        // nbdroot.boot-timeout=: without a connection then, the device is given up. BootOver lifts
        // it.
        std::optional<Instant> give_up_at = std::nullopt;
        // nbdroot.shutdown-timeout=: how long a machine that is ending waits for a server.
        std::optional<Duration> end_after = std::nullopt;
        std::optional<MachineEnd> ending = std::nullopt;  // it was ending already at the start
        // Of the processes before this one.
        std::uint64_t reconnects = 0;
        Duration longest_outage{0};
    };

    // What happened.
    struct Lost {  // the connection broke
        std::string why;
    };
    struct Unusable {  // it lives, but is of no use: drop it and begin with the server after it
        std::string why;
    };
    struct Offered {};  // the attempt has a connection to the same image
    struct Failed {     // the attempt has none
        attach::Retry::Failure failure;
    };
    struct Taken {};   // the device uses what Install gave it
    struct NotTaken {  // it does not
        Error error;
    };
    struct NetworkBack {};  // a carrier, an address or a route has appeared
    struct Asked {          // somebody wants a new connection
        std::string why;
        std::optional<std::size_t> server = std::nullopt;  // and says to which server
    };
    struct BootOver {};  // the root is mounted: give_up_at no longer counts
    struct Ending {      // the machine's shutdown has begun; nullopt: it was called off
        std::optional<MachineEnd> how;
    };
    struct Leave {};     // nobody writes any more: say good-bye to the server
    struct Force {};     // the device has to end at once, whoever uses it
    struct DeviceOver {  // the device was disconnected: nothing is left to do
        std::string why;
    };
    struct TimePassed {};
    using Event = std::variant<Lost, Unusable, Offered, Failed, Taken, NotTaken, NetworkBack, Asked,
                               BootOver, Ending, Leave, Force, DeviceOver, TimePassed>;

    // What to do, in this order.
    struct Drop {  // shut the connection down, so that the device lets go of it
        bool operator==(const Drop&) const = default;
    };
    struct Abandon {  // end the attempt
        bool operator==(const Abandon&) const = default;
    };
    struct Connect {  // begin an attempt: Offered or Failed must follow
        std::size_t server = 0;
        bool operator==(const Connect&) const = default;
    };
    struct Install {  // give the device what was offered: Taken or NotTaken must follow
        bool operator==(const Install&) const = default;
    };
    struct FailRequests {  // answer what waits with EIO until Taken
        bool operator==(const FailRequests&) const = default;
    };
    struct EndMachine {  // at once
        MachineEnd how;
        bool operator==(const EndMachine&) const = default;
    };
    struct Farewell {  // tell the server that nothing follows: DeviceOver must follow
        bool operator==(const Farewell&) const = default;
    };
    struct Disconnect {  // the device: whoever waits for it gets EIO; then end
        bool operator==(const Disconnect&) const = default;
    };
    struct End {
        bool operator==(const End&) const = default;
    };
    using Action = std::variant<Drop, Abandon, Connect, Install, FailRequests, EndMachine, Farewell,
                                Disconnect, End>;

    struct Line {
        Level level;
        std::string text;
    };

    enum class State { connected, connecting, installing, pausing, leaving, over };

    struct Report {
        State state = State::connected;
        std::size_t server = 0;          // connected to, or tried last
        std::uint64_t reconnects = 0;    // since the boot
        Duration longest_outage{0};      // of those that are over
        std::optional<Instant> lost_at;  // of the one that is not
        Instant connected_at{};          // the connection in use, or the last one
        std::string last_error;          // the last reason why there was no connection
        std::optional<MachineEnd> ending;
    };

    Reconnect(Options options, Instant now);

    [[nodiscard]] std::vector<Action> step(const Event& event, Instant now);

    // When TimePassed is due; nullopt: never.
    [[nodiscard]] std::optional<Instant> next_deadline() const;

    [[nodiscard]] std::vector<Line> take_lines();
    [[nodiscard]] const Report& report() const { return report_; }
    [[nodiscard]] State state() const { return report_.state; }
    // Connected to, or tried last.
    [[nodiscard]] const std::string& server_name() const {
        return options_.servers[report_.server];
    }

private:
    using Actions = std::vector<Action>;

    Actions in_connected(const Event& event, Instant now);
    Actions in_connecting(const Event& event, Instant now);
    Actions in_installing(const Event& event, Instant now);
    Actions in_pausing(const Event& event, Instant now);

    Actions lose(const std::string& why, std::size_t first_server, Instant now);
    Actions search(std::size_t first_server, Instant now);
    Actions impossible(const Event& event, Instant now);
    Actions try_again(const attach::Retry::Failure& failure, Instant now);
    Actions follow(const attach::Retry::Action& action, Instant now);
    Actions take_up(Instant now);
    Actions leave();
    Actions end_by_force();
    Actions end(const std::string& why);
    void set_ending(std::optional<MachineEnd> how, Instant now);
    void forget_old_ending(Instant now);
    [[nodiscard]] std::optional<Instant> forget_ending_at() const;
    [[nodiscard]] std::optional<Instant> end_machine_at() const;
    void apply_policies(Actions& actions, Instant now);
    [[nodiscard]] std::size_t after(std::size_t server) const;
    [[nodiscard]] bool is_away() const;
    void say(Level level, std::string text);

    Options options_;
    Report report_;
    std::optional<attach::Retry> retry_;  // while away
    Instant attempt_at_;                  // of connecting: when it began
    Instant pause_over_{};                // of pausing
    bool failing_requests_ = false;
    bool rebooting_ = false;
    Instant ending_since_;
    Instant calm_since_;  // no news since then of a shutdown, nor of the connection
    bool machine_ended_ = false;
    std::vector<Line> lines_;
};

[[nodiscard]] std::string_view name_of(Reconnect::State state);
[[nodiscard]] std::string_view name_of(const Reconnect::Event& event);

}  // namespace nbdroot::agent::resident
