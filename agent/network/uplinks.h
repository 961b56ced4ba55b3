// The interfaces that a boot tries, all at once, until one of them has proved to be the right one.
//
// Every interface that comes into question is set up; on each that is ready (carrier, queues
// running) the address is set or DHCP begins. One with an address is an uplink. Interfaces come and
// go; a switch port may let nothing through for a minute and a half, so nothing here gives up, and
// a link that is up stays up: its port would begin anew.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/config/boot_config.h"
#include "agent/network/changes.h"
#include "agent/network/dhcp_session.h"
#include "agent/network/given_names.h"
#include "agent/network/network.h"
#include "agent/network/route_socket.h"
#include "lib/base/log.h"
#include "lib/base/result.h"
#include "lib/io/loop.h"
#include "lib/protocol/netlink/route.h"
#include "lib/sys/netlink_socket.h"

namespace nbdroot::agent::network {

// What failed, and a DHCP server that named no NBD server, may be mended meanwhile; asking is cheap
// for both.
inline constexpr Duration kTryAgain{10'000};

struct Uplink {
    unsigned id = 0;  // of this address on this interface: the next one has another
    Network network;
    // Somebody else has set it up, or it is not even known which one it is: connections go as the
    // routes say.
    bool is_of_others = false;
};

class Uplinks {
public:
    using OnChange = std::function<void()>;

    struct Options {
        config::NetworkConfig network;
        bool wants_root_path = false;  // DHCP is to name the server
    };

    // Begins as soon as LOOP runs, and goes on by itself whenever it does. With ip=off it is
    // of_others(). LOOP and LOG outlive it.
    [[nodiscard]] static Result<std::unique_ptr<Uplinks>> start(io::Loop& loop, Options options,
                                                                const Log& log);

    // One uplink, NETWORK, that somebody else takes care of.
    [[nodiscard]] static std::unique_ptr<Uplinks> of_others(io::Loop& loop, Network network,
                                                            const Log& log);

    // Registered with the loop by address. What it has set stays set.
    Uplinks(const Uplinks&) = delete;
    Uplinks& operator=(const Uplinks&) = delete;
    ~Uplinks() = default;

    // In the order in which they came.
    [[nodiscard]] const std::vector<Uplink>& up() const { return up_; }
    // Whether one by DHCP is there, or may come.
    [[nodiscard]] bool asks_dhcp() const;
    // Nothing will come any more: the kernel tells nothing.
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }
    // Called from the loop whenever up() or error() is another; nullptr: nobody is.
    void on_change(OnChange callback) { on_change_ = std::move(callback); }

    // The uplink ID, by DHCP, is none: what its server said does not do. It is asked again later.
    void ask_again(unsigned id, const std::string& reason);

    // What those without an address are waiting for: "eth0: no carrier; eth1: no DHCP answer, …".
    [[nodiscard]] std::string status() const;

    // ID is the one that the boot uses. The addresses and routes of the others are taken back, and
    // links that were set up are set down; nothing happens any more.
    Network settle(unsigned id);
    // After settle(): the others may come in again.
    [[nodiscard]] Result<void> reopen();
    // Before the end of this: other addresses are wanted. Links stay up.
    void take_back_addresses();

private:
    struct Candidate {
        protocol::netlink::Link link;
        config::InterfaceConfig wanted;
        Changes changes;
        std::unique_ptr<DhcpSession> dhcp;
        std::string trouble;  // why it failed; tried again after a while
    };

    Uplinks(io::Loop& loop, const Log& log);
    Uplinks(io::Loop& loop, Options options, const Log& log, RouteSocket kernel,
            sys::NetlinkSocket news);

    [[nodiscard]] Result<void> open();
    void begin();
    void look_at_all_links();
    void drop_all_but(const std::vector<protocol::netlink::Link>& links);
    void on_news();
    void take(const protocol::netlink::Message& message);
    void on_link(protocol::netlink::Link link);
    void rename_uplink(const protocol::netlink::Link& link);
    void set_loopback_up(const protocol::netlink::Link& link);
    void set_up(Candidate& candidate);
    void start_if_ready(Candidate& candidate);
    void start_dhcp(Candidate& candidate);
    void apply(Candidate& candidate, const Setup& setup);
    void put_up(Network network);
    void drop(int interface_index);
    [[nodiscard]] bool is_up(int interface_index) const;
    bool remove_uplink(int interface_index);
    void fail_for_now(Candidate& candidate, std::string trouble);
    void try_failed_again();
    void report();
    void fail_for_good(const Error& error);
    void tell_change();

    io::Loop& loop_;
    config::NetworkConfig config_;
    bool wants_root_path_ = false;
    const Log& log_;
    std::optional<RouteSocket> kernel_;
    std::optional<sys::NetlinkSocket> news_;  // apart from KERNEL_: answers and news never mix
    bool is_of_others_ = false;
    std::map<int, Candidate> candidates_;  // by interface index
    GivenNames given_names_;
    std::vector<Uplink> up_;
    unsigned last_id_ = 0;
    std::optional<Error> error_;
    OnChange on_change_;
    Instant began_{};
    std::unique_ptr<io::Timer> begin_timer_;
    std::unique_ptr<io::Timer> report_timer_;
    std::unique_ptr<io::Timer> again_timer_;
    bool again_is_due_ = false;
    std::unique_ptr<io::Watch> watch_;  // last: it must go before its socket
};

// From one report of a wait that has lasted ELAPSED to the next: 1 s, 10 s, 30 s, then every 60 s.
[[nodiscard]] Duration until_next_report(Duration elapsed);

}  // namespace nbdroot::agent::network
