// Keeps the lease of the root's address alive for as long as the machine runs.
//
// For the resident process, as NetworkKeeper, which it tells what is to be kept. The address itself
// never has an end that the kernel would enforce: the root hangs on it, so it stays on the
// interface when a server refuses the lease or none answers, until there is another one. Then the
// new address is set first, the old one removed, and the root's connection made anew. There is no
// RELEASE at the machine's end either: the root needs the address to the last.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/network/dhcp_session.h"
#include "agent/network/held_lease.h"
#include "agent/network/keeper.h"
#include "agent/network/lease_owner.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"
#include "lib/protocol/dhcp4/lease.h"

namespace nbdroot::agent::network {

class LeaseKeeper {
public:
    // Each ACK, for whoever may have to go on after this process (read_lease()).
    using OnLease = std::function<void(ByteView message, Instant since)>;

    // NETWORK's events are to be passed to the on_… functions. LOOP, LOG and NETWORK outlive it.
    LeaseKeeper(io::Loop& loop, const Log& log, NetworkKeeper& network, HeldLease held,
                OnLease on_lease);
    // Registered with the loop by address.
    LeaseKeeper(const LeaseKeeper&) = delete;
    LeaseKeeper& operator=(const LeaseKeeper&) = delete;
    ~LeaseKeeper() = default;

    void on_address(std::uint32_t seconds);
    void on_moved() { begin(); }

    [[nodiscard]] const protocol::dhcp4::Lease& lease() const { return lease_; }
    // "bound", "renewing", …; "left to a network manager".
    [[nodiscard]] std::string state() const;

private:
    void begin();
    void take(const protocol::dhcp4::Lease& lease);
    void take_change(LeaseOwner::Change change);
    void arm();
    void say(Level level, std::string_view text);

    io::Loop& loop_;
    const Log& log_;
    NetworkKeeper& network_;
    protocol::dhcp4::ClientOptions options_;
    protocol::dhcp4::Lease lease_;
    OnLease on_lease_;
    LeaseOwner owner_;
    std::unique_ptr<io::Timer> owner_timer_;
    std::unique_ptr<io::Timer> begin_timer_;
    std::unique_ptr<DhcpSession> session_;
};

}  // namespace nbdroot::agent::network
