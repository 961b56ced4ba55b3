// The configuration file, nbd-rootserver.ini(5): nbd-server's grammar, strictly.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/config/config.h"

namespace nbdroot::server::config {

struct ParsedConfig {
    Config config;
    // "FILE:LINE: what is wrong", every fault of all files; the configuration counts only if there
    // are none.
    std::vector<std::string> complaints;
    std::vector<std::string> notes;  // "FILE:LINE: note: what has no effect"
};

struct IncludedFile {
    std::string name;
    Result<std::string> text;
};

// The files of a directory that are read too, in their order. An Error: it cannot be read.
using IncludedFiles =
    std::function<Result<std::vector<IncludedFile>>(const std::string& directory)>;

// FILE is the name for complaints. No image and no authfile is opened.
[[nodiscard]] ParsedConfig parse_ini_config(std::string_view text, const std::string& file,
                                            const IncludedFiles& included);

}  // namespace nbdroot::server::config
