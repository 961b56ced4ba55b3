// A file that lies in no file system.
#pragma once

#include <string_view>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

// memfd_create(2) with TEXT in it, to be read from its start. The program that this process becomes
// inherits it.
[[nodiscard]] Result<Fd> make_inherited_file(const char* name, std::string_view text);

}  // namespace nbdroot::sys
