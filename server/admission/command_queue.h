// Shell commands that run beside the server, so many at once and each for so long.
//
// Those of one client take few of the places: others do not wait for all of its commands.
// Belongs to a loop, which they never keep waiting. Destroying it kills what runs.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/loop.h"
#include "lib/sys/child_program.h"

namespace nbdroot::server::admission {

class CommandQueue {
public:
    struct Limits {
        std::size_t at_once = 1;
        std::size_t of_one_client = at_once;
        // A command that takes longer is killed, and keeps its place until it is dead.
        Duration time{};
    };
    // Success: it exited with 0. Called on the loop's thread, never from within submit().
    using Done = std::function<void(const Result<void>&)>;
    struct Order {
        sys::Program program;
        std::string client;
        // Asked when its turn has come; false: it is not run, and DONE is told so. Empty: it is.
        std::function<bool()> is_wanted{};
        Done done;
    };

    CommandQueue(io::Loop& loop, Limits limits);

    void submit(Order order);

    // Called whenever none is left.
    void set_on_idle(std::function<void()> callback) { on_idle_ = std::move(callback); }

    // Waiting and running.
    [[nodiscard]] std::size_t size() const { return waiting_.size() + running_.size(); }

private:
    struct Running {
        std::string client;
        std::optional<sys::ChildProgram> child;
        std::unique_ptr<io::Watch> watch;
        std::unique_ptr<io::Timer> deadline;
        Done done;  // until it is called
    };
    using Place = std::list<Running>::iterator;

    void start_next();
    [[nodiscard]] std::deque<Order>::iterator next_order();
    void begin(Order order);
    [[nodiscard]] Result<void> start(const sys::Program& program, Running& running, Place place);
    void on_end(Place place);
    void tell_idle() const;
    void on_deadline(Place place) const;

    io::Loop& loop_;
    Limits limits_;
    std::function<void()> on_idle_;
    std::unique_ptr<io::Timer> next_;
    std::deque<Order> waiting_;
    std::list<Running> running_;
};

}  // namespace nbdroot::server::admission
