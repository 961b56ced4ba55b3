// What udev is told of the root's interface. Pure.
//
// Before Linux 6.2 an interface that is up cannot get another name. The udev of systemd 251 to 252
// tries, fails, and leaves its database saying that the renaming goes on (ID_RENAMING): networkd
// waits for its end for ever, and network-online.target two minutes. A rule comes before that; a
// .link file would take the place of one of the image's, with all that it says besides.
#pragma once

#include <string>
#include <string_view>

#include "agent/network/network.h"

namespace nbdroot::agent::handover {

inline constexpr const char* kUdevFile = "/run/udev/rules.d/79-nbdroot.rules";

// It keeps its name; the other ones become alternative names.
[[nodiscard]] std::string udev_rules(const network::Network& network);

// RELEASE: of the kernel, "6.1.0-56-cloud-amd64".
[[nodiscard]] bool can_rename_while_up(std::string_view release);

}  // namespace nbdroot::agent::handover
