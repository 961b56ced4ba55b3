// What the server is asked to serve, whether a file or the command line said it.
#pragma once

#include <string>
#include <vector>

#include "server/config/endpoint.h"

namespace nbdroot::server::config {

struct ExportConfig {
    std::string name;  // what clients ask for, and see in lists
    std::string path;
    bool read_only = false;
    bool is_default = false;  // also for clients that ask for no name
    std::string origin{};     // "FILE:LINE: " or empty: goes before complaints

    bool operator==(const ExportConfig&) const = default;
};

struct Config {
    std::vector<Endpoint> listen;
    std::vector<ExportConfig> exports;

    bool operator==(const Config&) const = default;
};

// One image of the command line: the default export, and listed by the base name of PATH.
[[nodiscard]] ExportConfig single_export(const std::string& path, bool read_only);

}  // namespace nbdroot::server::config
