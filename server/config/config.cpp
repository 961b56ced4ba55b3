#include "server/config/config.h"

namespace nbdroot::server::config {

ExportConfig single_export(const std::string& path, bool read_only) {
    const std::size_t slash = path.rfind('/');
    std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
    return {.name = std::move(name), .path = path, .read_only = read_only, .is_default = true};
}

}  // namespace nbdroot::server::config
