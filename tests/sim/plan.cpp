#include "tests/sim/plan.h"

#include <array>

namespace nbdroot::sim {
namespace {

template <class T, std::size_t N>
T one_of(Random& random, const std::array<T, N>& values) {
    return values[random.below(N)];
}

Plan::Servers draw_servers(Random& random, bool is_read_only) {
    using Servers = Plan::Servers;
    if (is_read_only) {
        return one_of(random,
                      std::array{Servers::one, Servers::two_replicas, Servers::one_and_a_stranger});
    }
    return one_of(random, std::array{Servers::one, Servers::one, Servers::one_and_a_stranger,
                                     Servers::successor});
}

}  // namespace

Plan draw_plan(Random& random) {
    Plan plan;
    plan.device = random.percent(60) ? Plan::Device::relayed : Plan::Device::direct;
    plan.is_read_only = random.percent(20);
    plan.servers = draw_servers(random, plan.is_read_only);
    plan.names = !plan.is_read_only || random.one_in(2);
    plan.longest_delay =
        one_of(random, std::array{Duration(0), Duration(2), Duration(20), Duration(60)});
    plan.longest_work = one_of(random, std::array{Duration(0), Duration(5), Duration(50)});
    plan.slow_work_percent = one_of(random, std::array<std::uint64_t, 3>{0, 0, 5});
    plan.stall_limit = one_of(random, std::array{Duration(0), Duration(0), Duration(5'000)});
    if (plan.device == Plan::Device::relayed && random.one_in(8)) {
        plan.fail_after = random.between(Duration(0), Duration(4'000));
    }
    plan.longest_pause = one_of(random, std::array{Duration(20), Duration(100), Duration(400)});
    plan.load = {.requests = 600,
                 .depth = random.between(1, 32),
                 .longest_blocks = one_of(random, std::array<std::size_t, 3>{2, 8, 16}),
                 .reads_only = plan.is_read_only};
    plan.image_blocks = one_of(random, std::array<std::size_t, 2>{24, 160});
    plan.relay = {.request_bytes = random.between(9 << 10, 48 << 10),
                  .reply_bytes = random.between(9 << 10, 24 << 10)};
    plan.faults = random.between(1, 10);
    plan.longest_gap = plan.longest_pause * one_of(random, std::array{4, 20, 40});
    plan.longest_fault = one_of(random, std::array{Duration(50), Duration(600), Duration(4'000)});
    if (random.one_in(6)) {
        plan.end_after = random.between(Duration(100), Duration(1'500));
        plan.longest_fault = Duration(8'000);
    }
    return plan;
}

std::string to_text(const Plan& plan) {
    constexpr std::array<const char*, 4> kServers = {"one server", "one server and a stranger",
                                                     "two replicas", "a server and its successor"};
    return cat(plan.device == Plan::Device::relayed ? "relayed" : "direct", ", ",
               kServers.at(static_cast<std::size_t>(plan.servers)),
               plan.is_read_only ? ", read-only" : ", writable",
               plan.names ? "" : ", no canonical names", ", delay up to ",
               plan.longest_delay.count(), " ms, depth ", plan.load.depth, ", ", plan.faults,
               " faults", plan.end_after ? ", shutting down" : "");
}

}  // namespace nbdroot::sim
