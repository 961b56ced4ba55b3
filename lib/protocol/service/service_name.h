// The reserved export name of a second connection, over which an operator's commands reach the
// server (docs/service.md).
//
//   nbdroot-service:1:NAME      NAME is what the boot calls its export
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nbdroot::protocol::service {

inline constexpr std::string_view kReservedPrefix = "nbdroot-service:";
inline constexpr std::string_view kVersion = "1";

// How a refusal ends (NBD_REP_ERR_POLICY) that is only for want of room.
inline constexpr std::string_view kTryAgain = "; try again";

// No export is called so.
[[nodiscard]] inline bool is_reserved(std::string_view name) {
    return name.starts_with(kReservedPrefix);
}

// What NAME, a reserved one, is about; nullopt: it is of another version.
[[nodiscard]] std::optional<std::string_view> subject_of(std::string_view name);

[[nodiscard]] std::string reserved_name(std::string_view subject);

}  // namespace nbdroot::protocol::service
