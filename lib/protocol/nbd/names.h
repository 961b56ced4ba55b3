// The protocol's numbers in words, for messages.
#pragma once

#include <string>

#include "lib/protocol/nbd/constants.h"

namespace nbdroot::protocol::nbd {

// "NBD_OPT_GO", or "option 4711".
[[nodiscard]] std::string describe(Option option);

// What an error reply means: "the server has no such export".
[[nodiscard]] std::string explain(OptionReply error);

}  // namespace nbdroot::protocol::nbd
