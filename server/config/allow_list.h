// Networks from which clients may come.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.h"
#include "server/config/host_address.h"

namespace nbdroot::server::config {

struct AddressRange {
    HostAddress first{};       // bits after the prefix are 0
    unsigned prefix_bits = 0;  // 0 to 128; of IPv4: 96 more than written

    [[nodiscard]] bool has(const HostAddress& address) const;

    bool operator==(const AddressRange&) const = default;
};

// "10.0.0.0/8", "fd00::/64", or an address alone. An address with bits after its prefix is an
// Error that says what was probably meant.
[[nodiscard]] Result<AddressRange> parse_address_range(std::string_view text);

// The same, but bits after the prefix are dropped, as nbd-server does.
[[nodiscard]] Result<AddressRange> parse_address_network(std::string_view text);

// As it is written: "10.0.0.0/8", "fd00::7".
[[nodiscard]] std::string to_text(const AddressRange& range);

// An empty one admits nobody.
struct AllowList {
    std::vector<AddressRange> ranges;

    [[nodiscard]] bool admits(const HostAddress& address) const;

    bool operator==(const AllowList&) const = default;
};

// Ranges between commas or blanks, at least one.
[[nodiscard]] Result<AllowList> parse_allow_list(std::string_view text);

}  // namespace nbdroot::server::config
