#include "server/config/generic_keys.h"

#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/constants.h"
#include "server/config/ini_value.h"

namespace nbdroot::server::config {
namespace {

using Value = const std::string&;

Result<std::string> not_empty(const char* what, Value value) {
    if (value.empty()) return fail(what, "", "empty");
    return value;
}

Result<void> set_addresses(Generic& generic, Value value) {
    for (const std::string_view address : split_list(value)) {
        std::string ip = NBDROOT_TRY(parse_address(address));
        if (std::find(generic.addresses.begin(), generic.addresses.end(), ip) !=
            generic.addresses.end()) {
            return fail("address", ip, "there a second time");
        }
        generic.addresses.push_back(std::move(ip));
    }
    return {};
}

Result<void> set_port(Generic& generic, Value value) {
    generic.port = NBDROOT_TRY(parse_port(value));
    return {};
}

Result<void> set_include_directory(Generic& generic, Value value) {
    generic.include_directory = NBDROOT_TRY(not_empty("directory", value));
    return {};
}

Result<void> set_both(Generic& generic, Value value) {
    generic.listens_on_both = NBDROOT_TRY(parse_boolean(value));
    return {};
}

Result<void> set_scripts(Generic& generic, Value value) {
    generic.runs_scripts = NBDROOT_TRY(parse_boolean(value));
    return {};
}

Result<void> set_socket(Generic& generic, Value value) {
    generic.config.unix_sockets = {NBDROOT_TRY(parse_socket_path(value))};
    return {};
}

Result<void> set_list(Generic& generic, Value value) {
    generic.config.lists_exports = NBDROOT_TRY(parse_boolean(value));
    return {};
}

Result<void> set_user(Generic& generic, Value value) {
    generic.config.user = NBDROOT_TRY(not_empty("user", value));
    return {};
}

Result<void> set_group(Generic& generic, Value value) {
    generic.config.group = NBDROOT_TRY(not_empty("group", value));
    return {};
}

Result<void> set_state_directory(Generic& generic, Value value) {
    generic.config.state_directory = NBDROOT_TRY(not_empty("directory", value));
    return {};
}

Result<void> set_control_socket(Generic& generic, Value value) {
    generic.config.control_socket = NBDROOT_TRY(parse_socket_path(value));
    return {};
}

Result<void> set_metrics(Generic& generic, Value value) {
    generic.config.metrics = NBDROOT_TRY(parse_endpoint(value));
    return {};
}

Result<void> set_maximum(Generic& generic, Value value) {
    generic.config.maximum_connections = NBDROOT_TRY(parse_limit(value));
    return {};
}

Result<void> set_address_maximum(Generic& generic, Value value) {
    generic.config.maximum_connections_per_address = NBDROOT_TRY(parse_limit(value));
    return {};
}

constexpr std::array kKeys{
    Key<Generic>{"port", set_port},
    Key<Generic>{"listenaddr", set_addresses},
    Key<Generic>{"unixsock", set_socket},
    Key<Generic>{"duallisten", set_both},
    Key<Generic>{"allowlist", set_list},
    Key<Generic>{"includedir", set_include_directory},
    Key<Generic>{"user", set_user},
    Key<Generic>{"group", set_group},
    Key<Generic>{"max-connections", set_maximum},
    Key<Generic>{"address-max-connections", set_address_maximum},
    Key<Generic>{"state-directory", set_state_directory},
    Key<Generic>{"control-socket", set_control_socket},
    Key<Generic>{"metrics", set_metrics},
    Key<Generic>{"run-scripts", set_scripts},
};

}  // namespace

std::span<const Key<Generic>> generic_keys() { return kKeys; }

std::vector<Endpoint> endpoints_of(const Generic& generic) {
    if (!generic.config.unix_sockets.empty() && !generic.listens_on_both) return {};
    const std::uint16_t port = generic.port.value_or(protocol::nbd::kDefaultPort);
    std::vector<Endpoint> endpoints;
    for (const std::string& address : generic.addresses) endpoints.push_back({address, port});
    if (endpoints.empty()) endpoints.push_back({"", port});
    return endpoints;
}

}  // namespace nbdroot::server::config
