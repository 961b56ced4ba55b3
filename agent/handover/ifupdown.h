// The files of ifupdown (interfaces(5)) that are for the root's interface: /etc/network/interfaces
// and what it includes.
#pragma once

#include <string>
#include <vector>

#include "agent/handover/interfaces_file.h"
#include "lib/base/result.h"

namespace nbdroot::agent::handover {

// Covers them in ROOT by such that leave the interface alone that has NAMES. An Error: some of them
// may not.
[[nodiscard]] Result<void> cover_interfaces(const std::string& root, OwnNames names);

// The path that PATH means in the file INCLUDER. Pure.
[[nodiscard]] std::string path_from(std::string_view includer, std::string_view path);

}  // namespace nbdroot::agent::handover
