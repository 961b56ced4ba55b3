// The lease as it was renewed last, in memory that outlives a session process.
//
// Two places and a word that says which one counts: a process that is killed while it writes leaves
// the older lease.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/base/time.h"
#include "lib/protocol/dhcp4/lease.h"

namespace nbdroot::agent::resident {

class LeaseNote {
    struct Place {
        std::int64_t since_ms;
        std::uint32_t length;
        std::array<std::byte, 1500> message;  // more than we let a server send (request.cpp)
    };
    struct Memory {
        std::uint32_t current;  // 0: nothing was noted; else 1 + the place
        std::array<Place, 2> places;
    };

public:
    static constexpr std::size_t kBytes = sizeof(Memory);

    // Over MEMORY of kBytes, aligned as a page, zero at first.
    explicit LeaseNote(ByteSpan memory) : memory_(reinterpret_cast<Memory&>(memory.front())) {}

    // MESSAGE granted a lease at SINCE. One that is too long is not noted.
    void store(ByteView message, Instant since);
    // nullopt: none was noted.
    [[nodiscard]] std::optional<protocol::dhcp4::Lease> load() const;

private:
    Memory& memory_;
};

}  // namespace nbdroot::agent::resident
