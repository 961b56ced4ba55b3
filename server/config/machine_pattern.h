// What names of machines look like: key machine-pattern.
#pragma once

#include <regex.h>

#include <memory>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::server::config {

class MachinePattern {
public:
    // A name goes over the wire within an export's, and names are compared by a matcher whose
    // worst cases grow with their length.
    static constexpr std::size_t kMaximumName = 255;

    // TEXT is a POSIX extended regular expression. Back references are an Error: a client could
    // keep the matcher busy with a name made for it.
    [[nodiscard]] static Result<MachinePattern> compile(const std::string& text);

    // All of NAME.
    [[nodiscard]] bool matches(std::string_view name) const;

private:
    struct Free {
        void operator()(regex_t* compiled) const;
    };

    explicit MachinePattern(std::unique_ptr<regex_t, Free> compiled)
        : compiled_(std::move(compiled)) {}

    std::unique_ptr<regex_t, Free> compiled_;
};

}  // namespace nbdroot::server::config
