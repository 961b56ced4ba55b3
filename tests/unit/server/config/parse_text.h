// Configurations that need no file.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/config/ini_config.h"

namespace nbdroot::server::config {

using Lines = std::vector<std::string>;

// TEXT is the main file, "f"; FILES are all that is included.
inline ParsedConfig parse_files(std::string_view text, std::vector<IncludedFile> files) {
    return parse_ini_config(
        text, "f",
        [files = std::move(files)](const std::string&) -> Result<std::vector<IncludedFile>> {
            return files;
        });
}

inline ParsedConfig parse_text(std::string_view text) { return parse_files(text, {}); }

}  // namespace nbdroot::server::config
