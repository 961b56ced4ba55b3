// What one client has under way of slow work of a kind: writes, or zeroes, discards and looks for
// holes. However much it asks for, few of it stand in the workers' queue at once, so that another
// client's sync does not wait behind all.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>

namespace nbdroot::server::session {

class SlowLane {
public:
    // As many as the workers do at a time: alone, a client loses nothing.
    static constexpr std::size_t kMaximumStarted = 4;
    // Half of that: a disk that does not answer shall leave workers for what others have to sync.
    // Into one file no more than one write goes at a time anyway.
    static constexpr std::size_t kMaximumWrites = 2;

    explicit SlowLane(std::size_t maximum = kMaximumStarted) : maximum_(maximum) {}

    // BEGIN is called now, or when earlier work has ended. The caller bounds how much waits.
    void submit(std::function<void()> begin);

    // Work that was begun has ended.
    void ended();

private:
    std::size_t maximum_;
    std::size_t started_ = 0;
    std::deque<std::function<void()>> waiting_;
};

}  // namespace nbdroot::server::session
