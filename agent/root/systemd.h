// What is special where the real init is systemd.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/base/log.h"
#include "lib/base/time.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::root {

// Whether INIT, a path under ROOT, is systemd.
[[nodiscard]] bool is_systemd(const std::string& root, const std::string& init);

// What tells systemd when the initramfs began to work, so that systemd-analyze shows that time as
// initrd's: arguments for it, and a file that it inherits.
struct InitrdTime {
    std::vector<std::string> arguments;
    sys::Fd file;
};

// None where it cannot be told, which is a warning.
[[nodiscard]] InitrdTime tell_initrd_time(Instant started, const Log& log);

}  // namespace nbdroot::agent::root
