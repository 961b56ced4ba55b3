// Ends what clients have, by order of the operator, and tells whoever gave the order how it went.
//
// A drained client gets the answers to what it has asked; its machine goes to the next server, or
// waits until `resume`. Nobody is cut off: a client that does not take its answers is named.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/control/world.h"

namespace nbdroot::server::control {

// Those that wait for the end of a drain leave room at the desk for others.
inline constexpr std::size_t kMostWaiting = 8;

class Drains {
public:
    struct Outcome {
        std::size_t clients = 0;                  // when it began
        std::vector<session::ClientView> left{};  // when the time was over
    };
    struct Order {
        std::optional<std::string> export_name{};  // absent: the whole server
        Duration timeout{};
        std::function<void(const Outcome&)> done{};
        std::function<bool()> wanted{};  // somebody still waits for DONE
    };

    explicit Drains(World& world) : world_(world) {}

    // An Error: too many wait already; nothing has begun.
    Result<void> begin(Order order);
    // A session has ended; it is not in the registry any more.
    void on_client_gone();

private:
    struct Waiter {
        Order order;
        std::size_t clients = 0;
        std::unique_ptr<io::Timer> deadline{};
        bool over = false;
    };

    [[nodiscard]] std::vector<session::ClientView> left(const Order& order) const;
    void look();

    World& world_;
    std::list<std::unique_ptr<Waiter>> waiters_;
    std::unique_ptr<io::Timer> look_;
};

}  // namespace nbdroot::server::control
