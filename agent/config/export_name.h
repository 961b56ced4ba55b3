// Export names as templates. One grammar for all forms of a target: %XX is a byte, %% a percent
// sign, %m %h %u %s %i stand for this machine (nbdroot-cmdline(7)). None of the five letters is a
// hexadecimal digit, so the two never clash.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::agent::config {

// proto.md: a string of the protocol has at most 4096 bytes.
constexpr std::size_t kExportNameBytes = 4096;

constexpr std::string_view kPlaceholders = "mhusi";

// TEXT as written, to a template: the bytes are decoded, the placeholders and %% stay (%25 becomes
// %%).
[[nodiscard]] Result<std::string> parse_export(std::string_view text);

}  // namespace nbdroot::agent::config
