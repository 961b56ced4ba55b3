// How a server says in the description of an export (NBD_INFO_DESCRIPTION) what its image holds, to
// the last byte: "image merkle-sha256-64k:" and 64 hexadecimal digits. docs/merkle-root.md
#pragma once

#include <string>
#include <string_view>

namespace nbdroot::protocol::nbd {

// Before the digits: how they were computed. Other forms prove nothing about this one.
inline constexpr std::string_view kImageRootForm = "merkle-sha256-64k:";
inline constexpr std::size_t kImageRootDigits = 64;

// What stands in the description; empty for an empty ROOT, which is of the form above.
[[nodiscard]] std::string describe_image_root(std::string_view root);

// The root, with its form, that DESCRIPTION has as one of its words; empty: it has none.
[[nodiscard]] std::string image_root_of(std::string_view description);

}  // namespace nbdroot::protocol::nbd
