// Lines of a name and what stands beside it, for people. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/json_value.h"

namespace nbdroot::agent::control {

class Sheet {
public:
    // A line; none where TEXT is empty. What a peer may have put there is shown as
    // base::printable() shows it.
    void line(std::string_view name, std::string_view text);

    // The same of a pattern: "{member}" stands for a text or a number of OF, "{member:s}" for a
    // number of milliseconds. No line where OF has none of them. A table of patterns is a fraction
    // of the code that puts each line together.
    void line(std::string_view name, const JsonValue& of, std::string_view pattern);

    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    std::string text_;
};

// "3.2 s"; what is below zero is zero.
[[nodiscard]] std::string seconds_text(std::int64_t ms);

}  // namespace nbdroot::agent::control
