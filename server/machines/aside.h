// The data of overlays that are gone, under names of their own until their space is given back.
//
// A file system with the option discard may take minutes for one file (ext4: a command to the disk
// for each extent, 262144 of them for 1 GiB in single blocks), and a thread within unlink(2) cannot
// be stopped. So nobody waits for it: the file is renamed, to STEM.gone.N, and deleted in pieces.
//
// All of it waits for the disk.
#pragma once

#include <atomic>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::server::machines {

// Of one machine. Its next boot would put one more aside than its share of the disk allows.
inline constexpr unsigned kMaximumAside = 4;

[[nodiscard]] bool is_aside(std::string_view name);

// The data of STEM, which the caller has locked; what they are called now. The map stays, and the
// directory is not synced. An Error: all is as it was; EAGAIN: kMaximumAside are there.
Result<std::string> put_aside(const std::string& stem);

// It need not be there. Ends early, without an Error, once STOPS says so; EBUSY: somebody else is
// at it.
Result<void> delete_aside(const std::string& path, const std::atomic<bool>& stops);

}  // namespace nbdroot::server::machines
