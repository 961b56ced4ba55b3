#include "agent/resident/event_ring.h"

#include <algorithm>
#include <atomic>

#include "lib/base/text.h"

namespace nbdroot::agent::resident {

std::uint64_t EventRing::newest() const {
    std::uint64_t newest = 0;
    for (const Place& place : *places_) newest = std::max(newest, place.number);
    return newest;
}

void EventRing::add(Instant at, Level level, std::string_view text) const {
    const std::uint64_t newest = this->newest();
    Place& place = (*places_)[newest % kPlaces];
    const std::string shown = base::printable(text, place.characters.size());
    const std::atomic_ref number(place.number);
    number.store(0);
    place.at_ms = at.time_since_epoch().count();
    place.level = static_cast<std::uint8_t>(level);
    place.length = static_cast<std::uint16_t>(std::min(shown.size(), place.characters.size()));
    std::copy_n(shown.begin(), place.length, place.characters.begin());
    number.store(newest + 1);
}

std::vector<Event> EventRing::events() const {
    const std::size_t oldest = newest() % kPlaces;
    std::vector<Event> events;
    for (std::size_t i = 0; i < kPlaces; ++i) {
        const Place& place = (*places_)[(oldest + i) % kPlaces];
        const bool is_whole = place.number != 0 && place.length <= place.characters.size() &&
                              place.level <= static_cast<std::uint8_t>(Level::debug);
        if (!is_whole) continue;
        events.push_back({.number = place.number,
                          .at = Instant(Duration(place.at_ms)),
                          .level = static_cast<Level>(place.level),
                          .text = std::string(place.characters.data(), place.length)});
    }
    return events;
}

}  // namespace nbdroot::agent::resident
