// What the server is asked to serve, whether a file or the command line said it.
//
// Plain values: nothing is opened, resolved or looked up here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/config/allow_list.h"
#include "server/config/endpoint.h"

namespace nbdroot::server::config {

inline constexpr std::uint32_t kNoLimit = 0;

// nbd-server's virtstyle: what %s in the path of an image becomes for each client.
struct AddressPattern {
    enum class Style { literal, hash, cidr_hash };  // 10.1.2.3; 10/1/2/3; NETWORK/10.1.2.3

    Style style = Style::literal;
    unsigned prefix_bits = 0;  // of the network, for cidr_hash

    bool operator==(const AddressPattern&) const = default;
};

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
    std::string allow_file{};                 // nbd-server's authfile; empty: none
    std::uint32_t maximum_connections = kNoLimit;              // of all clients of this export
    std::uint32_t maximum_connections_per_address = kNoLimit;  // to this export
    std::string before{};  // prerun: a shell command before a client is served; empty: none
    std::string after{};   // postrun: the same after it has gone

    bool operator==(const ExportConfig&) const = default;
};

struct Config {
    std::vector<Endpoint> listen;
    std::vector<ExportConfig> exports;
    std::string state_directory{};  // empty: the default one, if it is there

    std::vector<std::string> unix_sockets{};  // paths that are listened on for NBD
    std::string control_socket{};             // path; empty: the default one
    std::optional<Endpoint> metrics{};
    bool lists_exports = true;                                 // NBD_OPT_LIST is answered
    std::uint32_t maximum_connections = 4096;                  // of the whole server
    std::uint32_t maximum_connections_per_address = kNoLimit;  // to the whole server
    std::string user{};   // to become once everything is open; empty: stay who we are
    std::string group{};  // the same; empty: the user's

    bool operator==(const Config&) const = default;
};

// One image of the command line: the default export, and listed by the base name of PATH.
[[nodiscard]] ExportConfig single_export(const std::string& path);

[[nodiscard]] Result<std::string> parse_image_id(std::string_view text);

}  // namespace nbdroot::server::config
