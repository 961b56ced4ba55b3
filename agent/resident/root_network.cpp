#include "agent/resident/root_network.h"

#include <utility>

#include "agent/network/lease_change.h"
#include "agent/resident/lease_note.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/protocol/dhcp4/schedule.h"
#include "lib/sys/boot_timer.h"

namespace nbdroot::agent::resident {

using network::LeaseKeeper;
using network::NetworkKeeper;

RootNetwork::RootNetwork(io::Loop& loop, const Plan& plan, const Held& held, const Log& log,
                         Events events) {
    network::Kept kept = plan.network;
    std::optional<network::HeldLease> lease = plan.lease;
    if (auto noted = lease ? LeaseNote(held.lease.bytes()).load() : std::nullopt) {
        kept = network::move_to_lease(std::move(kept), lease->lease, *noted);
        lease->lease = std::move(*noted);
    }
    keeper_ = std::make_unique<NetworkKeeper>(
        loop, std::move(kept), log,
        NetworkKeeper::Events{.back = std::move(events.back),
                              .address =
                                  [this](std::uint32_t seconds) {
                                      if (lease_) lease_->on_address(seconds);
                                  },
                              .moved =
                                  [this] {
                                      if (lease_) lease_->on_moved();
                                  },
                              .replaced = std::move(events.replaced)});
    if (!lease) return;
    lease_ = std::make_unique<LeaseKeeper>(loop, log, *keeper_, std::move(*lease),
                                           [&held](ByteView message, Instant since) {
                                               LeaseNote(held.lease.bytes()).store(message, since);
                                           });
}

NetworkStatus RootNetwork::status() const {
    const network::Kept& kept = keeper_->kept();
    NetworkStatus status{.interface = kept.interface_name, .address = {}, .lease = {}};
    if (kept.address.address != 0) {
        status.address =
            cat(base::format_ipv4(kept.address.address), '/', kept.address.length_bits);
    }
    if (!lease_) return status;
    const protocol::dhcp4::Lease& lease = lease_->lease();
    status.lease = {
        .server = base::format_ipv4(lease.server), .state = lease_->state(), .left_seconds = {}};
    if (const auto times = protocol::dhcp4::times_of(lease)) {
        status.lease->left_seconds = (times->end - sys::boot_now()).count() / 1000;
    }
    return status;
}

}  // namespace nbdroot::agent::resident
