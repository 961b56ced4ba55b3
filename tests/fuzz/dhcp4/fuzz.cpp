// What comes in from the network before there is an address: the packet, the message in it, and the
// client's conversation when that message comes again and again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lib/protocol/dhcp4/client.h"
#include "lib/protocol/dhcp4/packet.h"

namespace {

using namespace nbdroot;
using namespace nbdroot::protocol::dhcp4;

void must(bool condition) {
    if (!condition) std::abort();
}

// A message that was understood means the same after it was written and read again.
void check_round_trip(ByteView payload) {
    const auto message = parse_message(payload);
    if (!message) return;
    const auto again = parse_message(serialize(*message));
    must(again && *again == *message);
    if (const auto lease = read_lease(*message)) {
        must(lease->length_bits <= 32);
        must(lease->renewal_seconds <= lease->rebinding_seconds);
        must(lease->rebinding_seconds <= lease->lease_seconds);
    }
}

// The corpus has transaction number 0 and a MAC of zeros, as this client.
void converse(ByteView payload) {
    Client client({}, [] { return 0U; });
    const Instant start(Duration(0));
    client.start(start);
    must(client.next_output().has_value());
    for (int i = 0; i < 3; ++i) {
        const State before = client.state();
        (void)client.on_message(payload, start);
        const bool asks = before == State::selecting && client.state() == State::requesting;
        must(client.next_output().has_value() == asks);
        must(client.state() == State::bound || client.next_deadline().has_value());
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size));
    (void)unwrap(bytes, UdpChecksum::filled_in);
    if (const auto payload = unwrap(bytes, UdpChecksum::not_yet)) check_round_trip(*payload);
    check_round_trip(bytes);
    converse(bytes);
    return 0;
}
