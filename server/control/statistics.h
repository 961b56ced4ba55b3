// The server at one moment, as values: what operators and metrics are told comes from here.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "server/control/world.h"

namespace nbdroot::server::control {

// An image that an export had before.
struct FormerView {
    std::string image_id{};
    std::size_t clients = 0;
    std::string path{};
    std::uint64_t size_bytes = 0;
    merkle::RootView root{};
};

struct ExportView {
    std::string name{};
    bool is_default = false;
    bool is_removed = false;  // not in the configuration any more, but in use
    bool is_pattern = false;  // each client has an image of its own
    bool has_allow_list = false;
    bool is_draining = false;
    bool is_writable = false;
    bool is_shared = false;
    std::string path{};
    std::uint64_t size_bytes = 0;
    std::string image_id{};
    std::uint64_t faults = 0;
    std::uint32_t maximum_connections = 0;              // 0: no limit
    std::uint32_t maximum_connections_per_address = 0;  // 0: no limit
    std::size_t clients = 0;
    std::size_t clients_of_older_image = 0;
    std::vector<FormerView> former{};  // the last one first
    std::uint64_t admitted = 0;        // since the server began
    session::Traffic traffic{};        // the same, of those that are here too
    merkle::RootView root{};           // of the image
};

struct Statistics {
    Duration uptime{};
    std::int64_t began_calendar_us = 0;
    std::size_t live = 0;  // connections
    std::size_t live_in_handshake = 0;
    session::Tally tally{};  // of exports: see there
    std::uint64_t accept_pauses = 0;
    bool is_draining = false;
    session::Traffic traffic{};
    std::vector<ExportView> exports{};
};

// The export that CLIENT uses gives new boots another image.
[[nodiscard]] bool is_former(const export_::ExportTable& exports,
                             const session::ClientView& client);

[[nodiscard]] Statistics gather(const World& world);

}  // namespace nbdroot::server::control
