// What a file and the command line can say about overlays: a setter for each key and its option.
#pragma once

#include <string>

#include "server/config/config.h"

namespace nbdroot::server::config {

// none, temporary or persistent.
Result<void> set_overlay_kind(OverlayConfig& overlay, const std::string& value);
// export-suffix or address.
Result<void> set_machine_identity(OverlayConfig& overlay, const std::string& value);
Result<void> set_machine_pattern(OverlayConfig& overlay, const std::string& value);
Result<void> set_maximum_overlays(OverlayConfig& overlay, const std::string& value);
Result<void> set_overlay_linger(OverlayConfig& overlay, const std::string& value);
Result<void> set_overlay_quota(OverlayConfig& overlay, const std::string& value);
// hold or error.
Result<void> set_quota_full(OverlayConfig& overlay, const std::string& value);
Result<void> set_overlay_directory(OverlayConfig& overlay, const std::string& value);

// Why an export with an overlay cannot be what TARGET is besides; empty: it can.
[[nodiscard]] std::string_view overlay_contradiction(const ExportConfig& target);

// "a temporary overlay for each machine (known by …)", as --check and the log say it. It has one.
[[nodiscard]] std::string describe(const OverlayConfig& overlay);

}  // namespace nbdroot::server::config
