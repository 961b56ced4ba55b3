// nbd-server's virtstyle: what %s in the path of an image becomes for each client.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/config/host_address.h"

namespace nbdroot::server::config {

struct AddressPattern {
    enum class Style {
        literal,    // ipliteral: 10.1.2.3
        hash,       // iphash: 10/1/2/3; of IPv6, which has no dots, as literal
        cidr_hash,  // cidrhash: 10.1.0.0/10.1.2.3
    };

    Style style = Style::literal;
    unsigned prefix_bits = 0;  // of cidr_hash's network, as written: of IPv4 at most 32

    bool operator==(const AddressPattern&) const = default;
};

// "none", which is no pattern, "ipliteral", "iphash" or "cidrhash LENGTH".
[[nodiscard]] Result<std::optional<AddressPattern>> parse_address_pattern(std::string_view text);

// PATH has %s for the client's address, %% for a percent sign, and no other %; whether it has a %s.
[[nodiscard]] Result<bool> check_pattern_path(std::string_view path);

// The path of ADDRESS's own image. The result has no part that the configuration does not say but
// digits, letters a to f, dots, colons and slashes between them.
[[nodiscard]] std::string expand_path(std::string_view path, const AddressPattern& pattern,
                                      const HostAddress& address);

}  // namespace nbdroot::server::config
