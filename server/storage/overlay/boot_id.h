// Which run of the kernel this is.
#pragma once

#include <optional>
#include <string_view>

#include "lib/base/result.h"
#include "server/storage/overlay/map_header.h"

namespace nbdroot::server::storage::overlay {

// A UUID as /proc/sys/kernel/random/boot_id has it, with or without its line end.
[[nodiscard]] std::optional<BootId> parse_boot_id(std::string_view text);

[[nodiscard]] Result<BootId> current_boot();

}  // namespace nbdroot::server::storage::overlay
