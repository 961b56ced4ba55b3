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
    // Called from the loop whenever trying to connect makes sense now: the carrier is back, an
    // address or a route has come. It must not destroy the keeper.
    using OnBack = std::function<void()>;

    // Begins with a look. Where KEPT names no interface, all of them are watched and none is
    // touched. LOOP and LOG outlive it.
    NetworkKeeper(io::Loop& loop, Kept kept, const Log& log, OnBack on_back);
    // Registered with the loop by address. A round that runs when it goes ends by itself.
    NetworkKeeper(const NetworkKeeper&) = delete;
    NetworkKeeper& operator=(const NetworkKeeper&) = delete;
    ~NetworkKeeper() = default;

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
    void want_back();
    void say(Level level, std::string_view line);

    io::Loop& loop_;
    Kept kept_;
    const Log& log_;
    OnBack on_back_;
    LineLimit limit_;
    bool gone_ = false;
    std::optional<protocol::netlink::Link> link_;  // as last heard; nullopt: unknown

    std::optional<sys::NetlinkSocket> news_;
    std::unique_ptr<io::Watch> watch_;
    std::unique_ptr<io::Timer> listen_timer_;
    std::optional<RepairRound> round_;
    bool round_wanted_ = false;  // another one after the one that runs
    std::optional<Instant> last_round_;
    std::unique_ptr<io::Timer> round_timer_;
    bool back_wanted_ = false;
    std::optional<Instant> last_back_;
    std::unique_ptr<io::Timer> back_timer_;
};

}  // namespace nbdroot::agent::network
