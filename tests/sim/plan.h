// What one seed means: the machine, its servers, its load and how much goes wrong.
#pragma once

#include <cstdint>
#include <string>

#include "tests/sim/agent.h"
#include "tests/sim/load.h"
#include "tests/sim/random.h"
#include "tests/sim/relayed_device.h"

namespace nbdroot::sim {

struct Plan {
    enum class Device { relayed, direct };
    enum class Servers {
        one,
        one_and_a_stranger,  // the second has another image
        two_replicas,        // read-only
        successor,           // the second takes the writable image over, once the first is dead
    };

    Device device = Device::relayed;
    Servers servers = Servers::one;
    bool is_read_only = false;
    bool names = true;  // the servers give canonical names
    Duration longest_delay{0};
    Duration longest_work{0};
    std::uint64_t slow_work_percent = 0;
    Duration stall_limit{0};
    std::optional<Duration> fail_after{};
    std::optional<Duration> end_after{};  // with it the machine shuts down at some time
    Duration longest_pause{0};            // of the load
    Load::Options load{};
    std::size_t image_blocks = 0;
    RelayedDevice::Options relay{};
    std::size_t faults = 0;
    Duration longest_gap{0};    // between faults
    Duration longest_fault{0};  // most of them

    [[nodiscard]] std::size_t server_count() const { return servers == Servers::one ? 1 : 2; }
};

[[nodiscard]] Plan draw_plan(Random& random);
[[nodiscard]] std::string to_text(const Plan& plan);

}  // namespace nbdroot::sim
