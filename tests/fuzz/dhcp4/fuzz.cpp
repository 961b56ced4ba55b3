// What comes in from the network before there is an address: the packet, the message in it, and the
// client's conversation when that message comes again and again, as a lease is taken, renewed and
// lost; and ARP.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "lib/protocol/arp/arp.h"
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

void check_arp(ByteView bytes) {
    const auto packet = protocol::arp::parse_packet(bytes);
    if (!packet) return;
    const Bytes again = protocol::arp::serialize(*packet);
    must(protocol::arp::parse_packet(again) == *packet);
    must(std::equal(again.begin(), again.end(), bytes.begin()));
}

// The corpus has transaction number 0 and a MAC of zeros, as this client.
void converse(ByteView payload, const ClientOptions& options) {
    Client client(options, [] { return 0U; });
    Instant now(Duration(0));
    client.start(now);
    must(client.next_output().has_value());
    for (int i = 0; i < 12; ++i) {
        (void)client.on_message(payload, now);
        (void)client.next_output();
        (void)client.on_arp(payload, now);
        (void)client.next_output();
        must(client.next_deadline().has_value() || client.state() == State::bound);
        if (!client.next_deadline()) break;
        // Time never stands still: nothing spins.
        must(*client.next_deadline() > now);
        now = *client.next_deadline();
        client.on_time(now);
        must(!client.lease_message().empty() || !has_lease(client.state()));
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView bytes = std::as_bytes(std::span(data, size));
    (void)unwrap(bytes, UdpChecksum::filled_in);
    if (const auto payload = unwrap(bytes, UdpChecksum::not_yet)) check_round_trip(*payload);
    check_round_trip(bytes);
    converse(bytes, {});
    converse(bytes, {.prefers_root_path = true, .checks_address = true});
    check_arp(bytes);
    return 0;
}
