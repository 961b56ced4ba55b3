#include "agent/resident/lease_note.h"

#include <algorithm>

#include "lib/protocol/dhcp4/message.h"

namespace nbdroot::agent::resident {

void LeaseNote::store(ByteView message, Instant since) {
    const std::atomic_ref<std::uint32_t> current(memory_.current);
    const std::uint32_t next = current.load() == 1 ? 2 : 1;
    Place& place = memory_.places[next - 1];
    if (message.empty() || message.size() > place.message.size()) return;
    place.since_ms = since.time_since_epoch().count();
    place.length = static_cast<std::uint32_t>(message.size());
    std::copy(message.begin(), message.end(), place.message.begin());
    current.store(next);
}

std::optional<protocol::dhcp4::Lease> LeaseNote::load() const {
    const std::uint32_t current = std::atomic_ref<std::uint32_t>(memory_.current).load();
    if (current == 0 || current > memory_.places.size()) return std::nullopt;
    const Place& place = memory_.places[current - 1];
    if (place.length > place.message.size()) return std::nullopt;
    const auto message =
        protocol::dhcp4::parse_message(ByteView(place.message).first(place.length));
    if (!message) return std::nullopt;
    auto lease = protocol::dhcp4::read_lease(*message);
    if (!lease) return std::nullopt;
    lease->since = Instant(Duration(place.since_ms));
    return std::move(*lease);
}

}  // namespace nbdroot::agent::resident
