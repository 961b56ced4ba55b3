// What a device holds that has no file system known here: words for people. Pure.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

// "swap", "LUKS", "FAT": what is no root but has a name; empty: nothing known. BYTES as for
// probe_superblock().
[[nodiscard]] std::string_view other_content(ByteView bytes);

// What the first bytes look like instead of a superblock, for an error message: "it begins with a
// GPT partition table; ...". DEVICE as in /dev/nbd0.
[[nodiscard]] std::string describe_unknown(ByteView bytes, const std::string& device);

}  // namespace nbdroot::agent::disk
