// The last things that the agent said, in memory that outlives a session process.
//
// A process that is killed while it writes one leaves a place without number, which is no event.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/log.h"
#include "lib/base/time.h"

namespace nbdroot::agent::resident {

struct Event {
    std::uint64_t number = 0;  // from 1; the next one's is one more
    Instant at{};
    Level level = Level::info;
    std::string text;

    bool operator==(const Event&) const = default;
};

class EventRing {
    struct Place {
        std::uint64_t number;  // 0: none, or it is being written
        std::int64_t at_ms;
        std::uint16_t length;
        std::uint8_t level;
        std::array<char, 237> characters;
    };
    static_assert(sizeof(Place) == 256);

public:
    static constexpr std::size_t kPlaces = 64;
    static constexpr std::size_t kBytes = kPlaces * sizeof(Place);

    // Over MEMORY of kBytes, aligned as a page, zero at first.
    explicit EventRing(ByteSpan memory)
        : places_(&reinterpret_cast<std::array<Place, kPlaces>&>(memory.front())) {}

    // What is too long of TEXT is cut off; what is not printable shows as in base::printable().
    void add(Instant at, Level level, std::string_view text) const;
    // Oldest first.
    [[nodiscard]] std::vector<Event> events() const;

private:
    // 0: there is none.
    [[nodiscard]] std::uint64_t newest() const;

    std::array<Place, kPlaces>* places_;
};

}  // namespace nbdroot::agent::resident
