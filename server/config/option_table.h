// The options of the command line: names, what they set, and their line of help.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "server/config/options.h"

namespace nbdroot::server::config {

struct Option {
    std::string_view long_name;
    std::string_view short_name;  // may be empty
    std::string_view value_name;  // empty: it takes none
    // What a configuration file says instead; empty: the option may stand beside one.
    std::string_view key;
    std::string_view help;  // a new line begins where this has one
    Result<void> (*set)(Options& options, const std::string& value);
};

struct OptionGroup {
    std::string_view title;
    std::span<const Option> options;
};

[[nodiscard]] std::span<const OptionGroup> option_groups();

// Null: there is none of that name.
[[nodiscard]] const Option* find_option(std::string_view name);

// Why an option of nbd-server is not one here, and what to do instead; empty: it is none of those.
[[nodiscard]] std::string_view explain_foreign_option(std::string_view name);

// What is left of nbd-server's -c.
inline constexpr std::string_view kCopyOnWriteHint =
    "-c is the configuration file here; for nbd-server's copy-on-write say --overlay temporary";

}  // namespace nbdroot::server::config
