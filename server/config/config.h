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
    bool shared = false;      // any number of clients may write at the same time
    std::string image_id{};   // empty: it is computed
    std::string origin{};     // "FILE:LINE: " or empty: goes before complaints

    bool operator==(const ExportConfig&) const = default;
};

struct Config {
    std::vector<Endpoint> listen;
    std::vector<ExportConfig> exports;
    std::string state_directory{};  // empty: the default one, if it is there

    bool operator==(const Config&) const = default;
};

// One image of the command line: the default export, and listed by the base name of PATH.
[[nodiscard]] ExportConfig single_export(const std::string& path);

[[nodiscard]] Result<std::string> parse_image_id(std::string_view text);

}  // namespace nbdroot::server::config
