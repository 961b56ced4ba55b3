// One run: everything put together, driven to its end and checked after every step.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "tests/sim/plan.h"
#include "tests/sim/server.h"

namespace nbdroot::sim {

struct RunOptions {
    std::uint64_t seed = 1;
    bool tracing = false;
    bool fencing = true;  // false: a server that lets two connections of one boot write
};

class World {
public:
    explicit World(const RunOptions& options);

    // nullopt: nothing was wrong.
    [[nodiscard]] std::optional<std::string> run();

private:
    void boot();
    void step_checks();
    void check_recovery();
    void check_detection();
    void check_shutdown();
    void check_end();
    [[nodiscard]] bool is_reachable() const;
    [[nodiscard]] bool is_settled() const;
    [[nodiscard]] bool has_ended() const;

    void next_fault();
    void inject(std::size_t host);
    void heal();
    void later(const std::function<void()>& action);

    void fault_kill(std::size_t host);
    void fault_stop(std::size_t host);
    void fault_cut(std::size_t host);
    void fault_reset(std::size_t host);
    void fault_stranger(std::size_t host);
    void fault_lies(std::size_t host);
    void fault_handshake(std::size_t host);
    void fault_process();
    void shut_down();
    void fail_over();
    void restart_agent();

    Env env_;
    Plan plan_;
    Image image_;
    Image stranger_;
    Bytes untouched_;  // what the stranger has
    Net net_;
    std::vector<std::unique_ptr<Server>> servers_;
    std::size_t home_ = 0;  // the host that serves the image for good
    Load load_;
    SocketPair pair_;
    std::optional<RelayedKernel> relayed_kernel_;
    std::optional<RelayedDevice> relayed_device_;
    std::optional<DirectKernel> direct_kernel_;
    std::shared_ptr<Socket> direct_socket_;
    std::optional<Agent> agent_;
    std::size_t faults_left_ = 0;
    bool booted_ = false;
    std::optional<Instant> healed_at_;
    Instant away_at_{};  // the last time that there was no connection
    std::optional<Instant> recovery_due_;
    std::optional<Instant> deaf_since_;  // connected by a way that is cut
};

}  // namespace nbdroot::sim
