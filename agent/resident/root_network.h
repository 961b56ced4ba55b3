// The network of the root, as the session process keeps it: link, address and routes, and the lease
// of the address where it has one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "agent/network/keeper.h"
#include "agent/network/lease_keeper.h"
#include "agent/resident/plan.h"
#include "lib/base/log.h"
#include "lib/io/loop.h"

namespace nbdroot::agent::resident {

// For people.
struct NetworkStatus {
    std::string interface;
    std::string address;  // "10.0.0.5/24"; empty: none is kept
    struct Lease {
        std::string server;
        std::string state;                         // LeaseKeeper::state()
        std::optional<std::int64_t> left_seconds;  // nullopt: for ever; 0 or less: it has ended
    };
    std::optional<Lease> lease;
};

class RootNetwork {
public:
    struct Events {
        std::function<void()> back;      // trying to connect makes sense now
        std::function<void()> replaced;  // the address is another one: connections from it are dead
    };

    // PLAN and HELD give what the boot set up, and what an earlier process made of it.
    RootNetwork(io::Loop& loop, const Plan& plan, const Held& held, const Log& log, Events events);
    RootNetwork(const RootNetwork&) = delete;
    RootNetwork& operator=(const RootNetwork&) = delete;
    ~RootNetwork() = default;

    [[nodiscard]] NetworkStatus status() const;

private:
    std::unique_ptr<network::NetworkKeeper> keeper_;
    std::unique_ptr<network::LeaseKeeper> lease_;
};

}  // namespace nbdroot::agent::resident
