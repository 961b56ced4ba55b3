// What is left in a directory of overlays that nobody comes back to. All of it waits for the disk.
#pragma once

#include <set>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::server::machines {

// Data without a map, if that is what STEM is: what a creation leaves that was cut short. What has
// become an overlay meanwhile stays, and so does what somebody has open (EBUSY).
Result<void> remove_unfinished(const std::string& stem);

// PATH, a record of boots that is older than any machine's sleep. One that its machine has replaced
// since somebody looked stays.
void remove_old_boots(const std::string& path);

// Of temporary overlays such data, and old records of boots without an overlay. NAMES were in
// DIRECTORY some time ago: machines come meanwhile.
void clear_up(const std::string& directory, const std::set<std::string>& names);

}  // namespace nbdroot::server::machines
