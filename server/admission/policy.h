// Who may use an export, and what happens before and after: what a reload can change without
// touching the image or anybody who is in.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "server/config/config.h"

namespace nbdroot::server::admission {

struct Policy {
    std::string export_name;
    std::optional<config::AllowList> allow{};  // absent: everybody
    std::uint32_t maximum_connections = config::kNoLimit;
    std::uint32_t maximum_connections_per_address = config::kNoLimit;
    // Each client has an image of its own, found by its address; what the export is otherwise.
    std::optional<config::ExportConfig> pattern{};
    std::optional<config::OverlayConfig> overlay{};  // each machine writes to its own
    // How long an image that was replaced is kept for boots that began on it.
    std::chrono::seconds former_linger = config::OverlayConfig{}.linger;
    bool has_image_id = false;  // the configuration gives every image of it the same
    std::string before{};       // a shell command that admits by its success; empty: none
    std::string after{};        // a shell command once the client has gone; empty: none
    config::ServiceConfig service{};
};

// What WANTED says about it.
[[nodiscard]] std::shared_ptr<const Policy> make_policy(const config::ExportConfig& wanted);

// A client without address (a unix socket, a descriptor that was passed) came past the permissions
// of a file: no allow list is about it.
[[nodiscard]] bool admits(const Policy& policy, const std::optional<config::HostAddress>& address);

}  // namespace nbdroot::server::admission
