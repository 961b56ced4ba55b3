// The root's /etc/fstab, where / is no longer what it says. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nbdroot::agent::root {

// FSTAB with its line for "/" about the overlay: whoever remounts / by it must neither hand the
// options of another file system to it nor look for its device. Everything else stays as it is,
// byte for byte. nullopt: it has no such line.
[[nodiscard]] std::optional<std::string> fstab_of_overlay(std::string_view fstab);

}  // namespace nbdroot::agent::root
