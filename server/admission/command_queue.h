// Shell commands that run beside the server, so many at once and each for so long.
//
// Belongs to a loop, which they never keep waiting. Destroying it kills what runs.
#pragma once

#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "lib/base/result.h"
#include "lib/base/time.h"
#include "lib/io/loop.h"
#include "lib/sys/child_program.h"

namespace nbdroot::server::admission {

class CommandQueue {
public:
    struct Limits {
        std::size_t at_once = 1;
        Duration
            time{};  // a command that takes longer is killed, and keeps its place until it is dead
    };
    // Success: it exited with 0. Called on the loop's thread, never from within submit().
    using Done = std::function<void(const Result<void>&)>;

    CommandQueue(io::Loop& loop, Limits limits);

    // A command whose GUEST has gone before its turn is not started, and DONE is not called.
    // One that runs already goes on.
    void submit(sys::Program program, std::weak_ptr<const void> guest, Done done);
    // The same for a command that nobody waits for.
    void submit(sys::Program program, Done done);

    // Called whenever none is left.
    void set_on_idle(std::function<void()> callback) { on_idle_ = std::move(callback); }

    // Waiting and running.
    [[nodiscard]] std::size_t size() const { return waiting_.size() + running_.size(); }

private:
    struct Waiting {
        sys::Program program;
        std::optional<std::weak_ptr<const void>> guest;
        Done done;
    };
    struct Running {
        std::optional<sys::ChildProgram> child;
        std::unique_ptr<io::Watch> watch;
        std::unique_ptr<io::Timer> deadline;
        Done done;  // until it is called
    };
    using Place = std::list<Running>::iterator;

    void start_next();
    [[nodiscard]] Result<void> start(const sys::Program& program, Running& running, Place place);
    void on_end(Place place);
    void tell_idle() const;
    void on_deadline(Place place) const;

    io::Loop& loop_;
    Limits limits_;
    std::function<void()> on_idle_;
    std::unique_ptr<io::Timer> next_;
    std::deque<Waiting> waiting_;
    std::list<Running> running_;
};

}  // namespace nbdroot::server::admission
