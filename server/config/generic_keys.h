// What [generic] can say.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "server/config/config.h"
#include "server/config/key_table.h"

namespace nbdroot::server::config {

struct Generic {
    Config config{};                       // what needs no second look; without listen and exports
    std::vector<std::string> addresses{};  // listenaddr
    std::optional<std::uint16_t> port{};
    bool listens_on_both = false;  // duallisten: TCP beside a unix socket
    std::string include_directory{};
    bool runs_scripts = false;  // prerun and postrun may be there
};

[[nodiscard]] std::span<const Key<Generic>> generic_keys();

// The addresses that it means together.
[[nodiscard]] std::vector<Endpoint> endpoints_of(const Generic& generic);

}  // namespace nbdroot::server::config
