// The root's /etc/fstab, where / is no longer what it says. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "agent/root/volume.h"

namespace nbdroot::agent::root {

// FSTAB with its line for "/" about the overlay: whoever remounts / by it must neither hand the
// options of another file system to it nor look for its device. Lines of swap in a file or on one
// of VOLUMES, those of the device below the overlay, become comments: nothing may be written there.
// Everything else stays as it is, byte for byte. nullopt: nothing is to be changed.
[[nodiscard]] std::optional<std::string> fstab_of_overlay(std::string_view fstab,
                                                          const Volumes& volumes);

// Whether a line of FSTAB is for swap.
[[nodiscard]] bool has_swap(std::string_view fstab);

}  // namespace nbdroot::agent::root
