// The messages that a client sends, by the state that it is in (RFC 2131 table 5).
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/mac.h"
#include "lib/base/time.h"
#include "lib/protocol/dhcp4/message.h"

namespace nbdroot::protocol::dhcp4 {

// What the client tells servers about this machine, and what it wants of them.
struct ClientOptions {
    Mac mac{};
    std::string host_name = {};  // option 12; empty: not sent
    std::string client_id = {};  // option 61, raw bytes; empty: not sent, the MAC is the identity
    bool prefers_root_path = false;  // waits a moment for an offer that has option 17
    bool checks_address = false;     // asks by ARP whether somebody else has the address already
    Duration slowest_retry{8'000};   // kSlowestBootRetry, or kSlowestRunningRetry (schedule.h)
};

struct Request {
    MessageType type = MessageType::discover;
    std::uint32_t transaction = 0;
    std::uint16_t seconds = 0;
    bool broadcast = false;
    std::uint32_t own_address = 0;  // ciaddr: the one in use; 0: none
    std::uint32_t requested = 0;    // option 50; 0: not sent
    std::uint32_t server = 0;       // option 54; 0: not sent
};

[[nodiscard]] Message make_request(const ClientOptions& options, const Request& request);

}  // namespace nbdroot::protocol::dhcp4
