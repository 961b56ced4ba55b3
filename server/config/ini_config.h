// The configuration file, nbd-rootserver.ini(5): nbd-server's grammar, strictly.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace nbdroot::server::config {

struct ParsedConfig {
    Config config;
    // "FILE:LINE: what is wrong", every fault of the file; the configuration counts only if there
    // are none.
    std::vector<std::string> complaints;
};

// FILE is the name for complaints. No image is opened.
[[nodiscard]] ParsedConfig parse_ini_config(std::string_view text, const std::string& file);

}  // namespace nbdroot::server::config
