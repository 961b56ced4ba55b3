// What the server lives on when the system has no memory left.
//
// The first small allocation that fails spends the reserve and succeeds, as do those after it: a
// client that has to go can be told good-bye. Large ones (storage::Buffer) fail at once, which
// costs the client that wanted it its connection. New clients wait until the reserve is whole
// again. One of a process: operator new knows of no other.
#pragma once

#include <cstddef>

namespace nbdroot::server {

class MemoryReserve {
public:
    // Some 5,000 ends of connections, each with its line of log.
    static constexpr std::size_t kBytes = std::size_t{8} << 20;

    MemoryReserve();
    ~MemoryReserve();
    MemoryReserve(const MemoryReserve&) = delete;
    MemoryReserve& operator=(const MemoryReserve&) = delete;

    [[nodiscard]] bool is_whole() const;
    // Tries to get it back.
    // Of the process: nothing of this object changes.
    void refill() const;
};

}  // namespace nbdroot::server
