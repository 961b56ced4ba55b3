// Where the programs of the running system look for name servers. Pure.
#pragma once

#include <string>
#include <string_view>

#include "agent/network/network.h"

namespace nbdroot::agent::handover {

// resolv.conf(5)
[[nodiscard]] std::string resolv_conf(const network::Network& network);

// Whether TEXT, which is one of those, names a server of its own.
[[nodiscard]] bool names_server(std::string_view text);

// A drop-in of resolved.conf(5). The servers are for the case that no network manager tells it of
// any.
inline constexpr const char* kResolvedFile = "/run/systemd/resolved.conf.d/00-nbdroot.conf";
[[nodiscard]] std::string resolved_file(const network::Network& network);

}  // namespace nbdroot::agent::handover
