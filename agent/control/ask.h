// A question to the resident agent.
#pragma once

#include <string>
#include <string_view>

#include "agent/exit_status.h"
#include "lib/base/json_value.h"

namespace nbdroot::agent::control {

struct Answer {
    std::string text;  // the line of JSON as it came
    JsonValue value;
};

// Sends REQUEST to the agent whose files lie in RUN. An Error with the code kMeaningless is the
// agent's word that the request means nothing.
[[nodiscard]] Result<Answer> ask(const std::string& run, std::string_view request);
inline constexpr int kMeaningless = -2;

// The same, where nothing but the Error is of interest: said, with the exit status that it means.
[[nodiscard]] ExitStatus complain_of_answer(const Error& error);

// What TEXT holds, which PATH is named for in an Error.
[[nodiscard]] Result<JsonValue> parse_of_agent(std::string_view text, const std::string& path);

}  // namespace nbdroot::agent::control
