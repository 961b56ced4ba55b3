// The protocol's numbers in words, for messages.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/protocol/nbd/constants.h"

namespace nbdroot::protocol::nbd {

// "NBD_OPT_GO", or "option 4711".
[[nodiscard]] std::string describe(Option option);

// What an error reply means: "the server has no such export".
[[nodiscard]] std::string explain(OptionReply error);

// The transmission flags that are set: "read-only", "flush". Bits without a name are left out.
[[nodiscard]] std::vector<std::string_view> transmission_flag_names(std::uint16_t flags);

}  // namespace nbdroot::protocol::nbd
