// What tells one disk from another: the UUID of its file system or partition table. Pure.
#pragma once

#include <string>

#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

// "ext4 12345678-9abc-…", "gpt 12345678-9abc-…", "mbr 1234abcd", or "squashfs" where the format has
// no UUID; empty where nothing is known. ext2, ext3 and ext4 are all "ext": a kernel that mounts
// one may turn it into a later one. BYTES as for probe_superblock().
[[nodiscard]] std::string disk_id(ByteView bytes);

}  // namespace nbdroot::agent::disk
