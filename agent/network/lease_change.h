// What is to be kept after the lease has changed. Pure.
#pragma once

#include "agent/network/kept.h"
#include "lib/protocol/dhcp4/lease.h"

namespace nbdroot::agent::network {

// KEPT, set up by BEFORE, with address and routes of AFTER instead; what AFTER has no more becomes
// former. Routes that BEFORE did not give (rd.route=) stay. The same where nothing changed.
[[nodiscard]] Kept move_to_lease(Kept kept, const protocol::dhcp4::Lease& before,
                                 const protocol::dhcp4::Lease& after);

}  // namespace nbdroot::agent::network
