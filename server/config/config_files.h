// The files that a configuration consists of, read from the disk.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.h"
#include "server/config/ini_config.h"

namespace nbdroot::server::config {

// FILE and what it includes. An Error: FILE itself cannot be read.
[[nodiscard]] Result<ParsedConfig> read_config(const std::string& file);

// IncludedFiles for parse_ini_config(): those whose name ends in .conf, sorted.
[[nodiscard]] Result<std::vector<IncludedFile>> read_included_files(const std::string& directory);

}  // namespace nbdroot::server::config
