// One thread, one loop: descriptors, deadlines and tasks that others hand in.
//
// Objects belong to one loop and are touched only from its thread. A Watch or Timer is owned by
// whoever waits; destroying it (also from inside its own callback) ends the wait, and its callback
// is not called again.
#pragma once

#include <functional>
#include <memory>

#include "lib/base/result.h"
#include "lib/base/time.h"

namespace nbdroot::io {

// What a descriptor is ready for. A hang-up or error on it counts as readable and writable, so
// that the next read or write reports it.
struct Ready {
    bool readable = false;
    bool writable = false;
    // The connection has ended in both directions. For a socket that somebody else reads and
    // writes; alone it is no interest in data.
    bool hung_up = false;

    bool operator==(const Ready&) const = default;
};

// A wait for a descriptor, level triggered. The descriptor must outlive it.
class Watch {
public:
    virtual ~Watch() = default;
    virtual void set_interest(Ready interest) = 0;
};

// A deadline, unarmed at first. It fires once for each arm().
class Timer {
public:
    virtual ~Timer() = default;
    virtual void arm(Instant deadline) = 0;  // replaces an earlier deadline
    virtual void cancel() = 0;
};

class Loop {
public:
    virtual ~Loop() = default;

    virtual Result<std::unique_ptr<Watch>> watch(int fd, Ready interest,
                                                 std::function<void(Ready)> callback) = 0;
    virtual std::unique_ptr<Timer> timer(std::function<void()> callback) = 0;

    // The time at which this turn of the loop began.
    [[nodiscard]] virtual Instant now() const = 0;

    // Turns until stop() is called; an Error is one of the loop itself (epoll_wait).
    virtual Result<void> run() = 0;
    virtual void stop() = 0;
};

// epoll(7). The callbacks of one turn run in the order in which the kernel reported them, timers
// after descriptors.
Result<std::unique_ptr<Loop>> make_epoll_loop();

}  // namespace nbdroot::io
