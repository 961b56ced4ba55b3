// Names of images beside them go, but never the only one that an image has.
//
// Another server may give names in the same directory. Whoever does holds a lock on it, where the
// file system has such.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::server::promote {

// NAME is a second name of what lies at IMAGE_PATH, looked at right before it goes; an Error: it is
// not, or not any more, or nobody can tell, and it is left.
[[nodiscard]] Result<void> remove_leftover(const std::string& name, const std::string& image_path);

// The same for who holds the lock, and does not mind if it is left.
Result<void> unlink_second_name(const std::string& name, const std::string& image_path);

}  // namespace nbdroot::server::promote
