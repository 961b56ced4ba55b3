// What a server's answers say, for people. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/json_value.h"
#include "lib/protocol/service/request.h"

namespace nbdroot::agent::control {

// "4096", "4K", "1G": at most 2^63 - 1 bytes.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);

// "OFFSET LENGTH HASH" for each block of WANTED.
[[nodiscard]] std::string hash_lines(const protocol::service::Hashes& wanted,
                                     const std::vector<std::string>& hashes);

// A line for each member; of a script what it has printed, without what a terminal would obey.
[[nodiscard]] std::string describe_answer(const JsonValue& answer);

// How a script ended; empty: well, or it was none.
[[nodiscard]] std::string trouble_of_script(const JsonValue& answer);

}  // namespace nbdroot::agent::control
