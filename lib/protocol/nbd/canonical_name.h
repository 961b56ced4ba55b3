// The name by which a machine comes back to the same image as the same boot.
//
// EXPORT[/SUFFIX]@IMAGE-ID.BOOT-TOKEN: our server gives it as NBD_INFO_NAME, and a client that lost
// its connection asks for it. To anybody else it is just the name of an export.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace nbdroot::protocol::nbd {

// Of IMAGE-ID and of BOOT-TOKEN; a digest of 128 bits in hex has 32.
inline constexpr std::size_t kMaximumIdentifier = 64;

struct CanonicalName {
    std::string export_name;  // with its suffix; may be empty, and may contain an '@'
    std::string image_id;
    std::string boot_token;

    bool operator==(const CanonicalName&) const = default;
};

// 1 to kMaximumIdentifier of the characters 0-9 A-Z a-z _ -
[[nodiscard]] bool is_identifier(std::string_view text);

// Split at the last '@', then at the first '.' after it. Empty: not such a name.
[[nodiscard]] std::optional<CanonicalName> parse_canonical_name(std::string_view text);

[[nodiscard]] std::string to_text(const CanonicalName& name);

}  // namespace nbdroot::protocol::nbd
