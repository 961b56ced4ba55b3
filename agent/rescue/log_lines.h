// The agent's own lines in the kernel's log. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::agent::rescue {

struct LogLine {
    int priority = 6;  // the kernel's: 3 error, 4 warning, 6 info
    std::string text;  // "nbdroot [  1.42] connect 10.0.0.1:10809, 4.0 GiB"

    bool operator==(const LogLine&) const = default;
};

// Of MESSAGES as klogctl(3) gives them, oldest first.
[[nodiscard]] std::vector<LogLine> agent_lines(std::string_view messages);

// The last line that is a warning or worse and not about the console itself, without its stamp;
// empty where there is none.
[[nodiscard]] std::string last_trouble(const std::vector<LogLine>& lines);

}  // namespace nbdroot::agent::rescue
