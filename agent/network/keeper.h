// Keeps the network that the root depends on: what an administrator or a network manager takes away
// is put back, and whoever waits for the network is told when it may work again.
//
// For the resident process: it needs nothing but sockets and fork(2), never ends because of an
// error, and never waits. Repairs are made by a child for each round, because the kernel's lock for
// them may be held by somebody who waits for the root (repair.h).
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
#include <optional>
#include <string_view>

#include "agent/network/kept.h"
#include "agent/network/line_limit.h"
#include "agent/network/repair.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/protocol/netlink/message.h"
#include "lib/protocol/netlink/route.h"
#include "lib/sys/fd.h"
#include "lib/sys/netlink_socket.h"

namespace nbdroot::agent::network {

// A manager that takes away what is put back costs one round of repairs in that time.
inline constexpr Duration kRoundInterval{1'000};
// The least time between two calls of on_back.
inline constexpr Duration kBackInterval{250};

// A child that looks and repairs.
struct RepairRound {
    pid_t pid = 0;
    sys::Fd report;
    std::unique_ptr<io::Watch> watch;
};

class NetworkKeeper {
public:
    // Called from the loop; none of them may destroy the keeper.
    struct Events {
        // Trying to connect makes sense now: the carrier is back, an address or a route has come.
        // What the keeper finds when it begins is no news.
        std::function<void()> back;
        // The kept address was set or changed, by whomever, and is valid so long (kNoEnd); 0: it
        // was taken away.
        std::function<void(std::uint32_t seconds)> address = [](std::uint32_t) {};
        // The interface is there again, under another index or name.
        std::function<void()> moved = [] {};
        // What replace() asked for is done.
        std::function<void()> replaced = [] {};
    };

    // Begins with a look. Where KEPT names no interface, all of them are watched and none is
    // touched. LOOP and LOG outlive it.
    NetworkKeeper(io::Loop& loop, Kept kept, const Log& log, Events events);
    // Registered with the loop by address. A round that runs when it goes ends by itself.
    NetworkKeeper(const NetworkKeeper&) = delete;
    NetworkKeeper& operator=(const NetworkKeeper&) = delete;
    ~NetworkKeeper() = default;

    // As it is now.
    [[nodiscard]] const Kept& kept() const { return kept_; }
    // Something else is to be kept over the same interface from now on. What is former in KEPT
    // goes.
    void replace(Kept kept);
    // The kept address is to have no end again.
    void reclaim();

private:
    [[nodiscard]] Result<void> listen();
    void keep_listening();
    void on_news();
    void take(const protocol::netlink::Message& message);
    void take_link(const protocol::netlink::Link& link, bool is_gone);
    void take_kept_link(const protocol::netlink::Link& link);
    void take_address(const protocol::netlink::Address& address, bool is_gone);
    void take_route(const protocol::netlink::Route& route, bool is_gone);
    void look_at_all();
    void set_gone();

    [[nodiscard]] bool keeps() const { return kept_.interface_index != 0; }
    [[nodiscard]] bool follows(int interface_index) const;
    void want_round(Duration pause = {});
    void run_round();
    [[nodiscard]] Result<void> begin_round();
    void end_round();
    [[nodiscard]] Result<Outcome> collect_outcome();
    void take_outcome(const Outcome& outcome);
    void take_interface(const Outcome& outcome);
    void finish_change();
    void want_back();
    void say(Level level, std::string_view line);

    io::Loop& loop_;
    Kept kept_;
    const Log& log_;
    Events events_;
    LineLimit limit_;
    bool gone_ = false;
    std::optional<protocol::netlink::Link> link_;  // as last heard; nullopt: unknown

    std::optional<sys::NetlinkSocket> news_;
    std::unique_ptr<io::Watch> watch_;
    std::unique_ptr<io::Timer> listen_timer_;
    std::optional<RepairRound> round_;
    bool round_wanted_ = false;  // another one after the one that runs
    bool is_changing_ = false;   // replace() or reclaim() came after that one had begun
    std::optional<Instant> last_round_;
    std::unique_ptr<io::Timer> round_timer_;
    bool back_wanted_ = false;
    std::optional<Instant> last_back_;
    std::unique_ptr<io::Timer> back_timer_;
};

}  // namespace nbdroot::agent::network
