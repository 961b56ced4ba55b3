// The parameters nbdroot.KEY=VALUE.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/config/boot_config.h"
#include "lib/base/result.h"

namespace nbdroot::agent::config {

// Sets in CONFIG what KEY, without "nbdroot.", means. An unknown KEY is an Error that names the
// near ones; a VALUE that KEY does not take, one that says what it takes. nullopt: no '=' was
// there.
[[nodiscard]] Result<void> set_option(BootConfig& config, std::string_view key,
                                      std::optional<std::string_view> value);

}  // namespace nbdroot::agent::config
