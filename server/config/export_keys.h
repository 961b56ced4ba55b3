// What the section of an export can say.
#pragma once

#include <optional>
#include <span>

#include "server/config/config.h"
#include "server/config/key_table.h"

namespace nbdroot::server::config {

struct ExportDraft {
    ExportConfig config;
    // virtstyle, if it was said; "none" is a style that is no pattern.
    std::optional<std::optional<AddressPattern>> style{};
    // maxconnections, and the same by our name for it.
    std::optional<std::uint32_t> foreign_maximum{};
    std::optional<std::uint32_t> own_maximum{};
};

[[nodiscard]] std::span<const Key<ExportDraft>> export_keys();

}  // namespace nbdroot::server::config
