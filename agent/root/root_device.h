// root= to a device node. Pure.
#pragma once

#include <string>

#include "agent/root/volume.h"
#include "lib/base/result.h"

namespace nbdroot::agent::root {

// The partition type that the Discoverable Partitions Specification has for the root of this
// architecture; empty: none that is known here.
[[nodiscard]] std::string_view root_partition_type();

// Whether NAME ("UUID=...", "/dev/nbd0p2") is one of VOLUME.
[[nodiscard]] bool is_name_of(const std::string& name, const Volume& volume);

// Whether ROOT is answered by what fills the whole DEVICE ("/dev/nbd0"), so that nobody need look
// for partitions.
[[nodiscard]] bool is_whole_device(const std::string& root, const Volume& whole);

struct Choice {
    std::string node;        // "/dev/nbd0p1"
    bool read_only = false;  // chosen by itself, and its table says read-only
};

enum class RootType { unknown, given };  // rootfstype=

// The node that ROOT (root=, may be empty) means among VOLUMES, the first of which is the whole
// device. Where it is empty, in this order: a file system that fills the device, the one partition
// of the root type, the one partition with a file system; where TYPE is given, the only partition
// there is. A partition with a number need not be among VOLUMES: the kernel knows more tables. An
// Error lists what there is.
[[nodiscard]] Result<Choice> choose_device(const std::string& root, const Volumes& volumes,
                                           RootType type = RootType::unknown);

}  // namespace nbdroot::agent::root
