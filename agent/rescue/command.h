// What somebody types at the rescue prompt. Pure.
#pragma once

#include <string>
#include <string_view>

namespace nbdroot::agent::rescue {

struct Command {
    enum class Kind { nothing, help, state, log, retry, parameters, reboot, poweroff, unknown };
    Kind kind = Kind::nothing;
    std::string text{};  // of parameters: the line; of unknown: its first word

    bool operator==(const Command&) const = default;
};

// A line that is no command but has a word NAME=VALUE, or ro or rw alone, holds parameters.
[[nodiscard]] Command parse_command(std::string_view line);

// The commands with what they do, a line each.
[[nodiscard]] std::string_view help_text();

// "'WORD' is no command; there are: …".
[[nodiscard]] std::string refuse_command(std::string_view word);

}  // namespace nbdroot::agent::rescue
