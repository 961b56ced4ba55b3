// The parameter rd.route= of dracut.cmdline(7).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/config/boot_config.h"
#include "lib/base/result.h"

namespace nbdroot::agent::config {

// NET[/LENGTH]:[GATEWAY][:DEVICE], with a gateway or a device. What was mended goes to NOTES.
[[nodiscard]] Result<StaticRoute> parse_static_route(std::string_view text,
                                                     std::vector<std::string>& notes);

}  // namespace nbdroot::agent::config
