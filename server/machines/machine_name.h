// Which machine a client is, for an export whose machines have overlays.
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.h"
#include "server/config/host_address.h"
#include "server/config/overlay_config.h"

namespace nbdroot::server::machines {

struct Asker {
    std::optional<std::string> machine{};  // that it has named
    std::optional<config::HostAddress> address{};
};

// Empty: none, its overlay is that of its boot alone. The reason of an Error is for the client.
[[nodiscard]] Result<std::string> machine_of(const Asker& asker,
                                             const config::OverlayConfig& overlay,
                                             const std::string& export_name);

}  // namespace nbdroot::server::machines
