// The files in the state directory that remember the boots of each image (export/boot_tokens.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <set>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::server {

// "/var/lib/nbd-rootserver/ID.boots"
[[nodiscard]] std::string boot_record_path(const std::string& directory,
                                           const std::string& image_id);

// No machine sleeps longer with a page cache that it would write from.
inline constexpr std::chrono::hours kBootRecordKept{24 * 180};

// Images come and go, with some set-ups at every boot: removes the records that were not written
// within kBootRecordKept before NOW_NS (CLOCK_REALTIME), unless their image is one of IN_USE. How
// many; other files are left alone.
[[nodiscard]] Result<std::size_t> forget_boot_records(const std::string& directory,
                                                      const std::set<std::string>& in_use,
                                                      std::int64_t now_ns);

}  // namespace nbdroot::server
