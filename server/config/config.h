// What the server is asked to serve, whether a file or the command line said it.
//
// Plain values: nothing is opened, resolved or looked up here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/config/address_pattern.h"
#include "server/config/allow_list.h"
#include "server/config/endpoint.h"
#include "server/config/overlay_config.h"
#include "server/config/service_config.h"

namespace nbdroot::server::config {

inline constexpr std::uint32_t kNoLimit = 0;

struct ExportConfig {
    std::string name;  // what clients ask for, and see in lists
    std::string path;
    bool read_only = false;
    bool is_default = false;  // also for clients that ask for no name
    bool shared = false;      // any number of clients may write at the same time
    std::string image_id{};   // empty: it is computed
    std::string origin{};     // "FILE:LINE: " or empty: goes before complaints

    std::optional<AddressPattern> pattern{};  // PATH has a %s, and each client an image of its own
    std::optional<AllowList> allow{};         // absent: everybody
    std::string allow_file{};                 // nbd-server's authfile; the plan reads it to ALLOW
    std::uint32_t maximum_connections = kNoLimit;              // of all clients of this export
    std::uint32_t maximum_connections_per_address = kNoLimit;  // to this export
    std::string before{};  // prerun: a shell command before a client is served; empty: none
    std::string after{};   // postrun: the same after it has gone
    std::uint64_t expected_bytes = 0;  // nbd-server's filesize: what the image must have; 0: any
    OverlayConfig overlay{};           // with one the image itself is never written
    ServiceConfig service{};

    bool operator==(const ExportConfig&) const = default;
};

// Clients change the image itself.
[[nodiscard]] inline bool writes_image(const ExportConfig& target) {
    return !target.read_only && target.overlay.kind == OverlayKind::none;
}

struct Config {
    std::vector<Endpoint> listen{};
    std::vector<ExportConfig> exports{};
    std::string state_directory{};  // empty: the default one, if it is there

    std::vector<std::string> unix_sockets{};  // paths that are listened on for NBD
    std::string control_socket{};             // path; empty: the default one
    std::optional<Endpoint> metrics{};
    bool lists_exports = true;                 // NBD_OPT_LIST is answered
    std::uint32_t maximum_connections = 4096;  // of the whole server
    // To the whole server: one address shall not keep all others out.
    std::uint32_t maximum_connections_per_address = 1024;
    std::string user{};            // to become once everything is open; empty: stay who we are
    std::string group{};           // the same; empty: the user's
    bool standard_input = false;   // one client, over standard input, and no addresses
    std::string account_origin{};  // "FILE:LINE: " or empty: goes before complaints
    std::string state_directory_origin{};  // the same

    bool operator==(const Config&) const = default;
};

// TARGET is the one image of the command line: the default export, and listed by the base name of
// PATH.
void name_after(const std::string& path, ExportConfig& target);

[[nodiscard]] Result<std::string> parse_image_id(std::string_view text);

}  // namespace nbdroot::server::config
