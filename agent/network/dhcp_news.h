// What people are told of a DHCP client. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/protocol/dhcp4/client.h"

namespace nbdroot::agent::network {

struct DhcpNews {
    Level level;
    std::string text;
};

// After CLIENT has left the state BEFORE; TROUBLE is why it cannot send or receive, or empty.
// nullopt: nobody needs to know.
[[nodiscard]] std::optional<DhcpNews> news_of(const protocol::dhcp4::Client& client,
                                              protocol::dhcp4::State before,
                                              std::string_view trouble, Instant now);

// "no DHCP answer, 3 messages sent"
[[nodiscard]] std::string status_of(const protocol::dhcp4::Client& client);

}  // namespace nbdroot::agent::network
