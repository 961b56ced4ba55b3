// How a line looks in the kernel log and on the console.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/base/log.h"
#include "lib/base/time.h"

namespace nbdroot::agent::report {

// "nbdroot [  1.42] TEXT": seconds since the machine started, cut off to two decimals. Control
// characters in TEXT become '?': one line stays one line, and no peer moves the cursor.
[[nodiscard]] std::string format_line(Instant now, std::string_view text);

// What /dev/kmsg takes for LINE in one write: "<6>LINE\n", cut so that the kernel takes it.
[[nodiscard]] std::string format_record(Level level, std::string_view line);

// The first number of /proc/sys/kernel/printk, console_loglevel; nullopt where there is none.
[[nodiscard]] std::optional<int> parse_console_level(std::string_view printk);

// Whether the console shows a record of LEVEL at CONSOLE_LEVEL.
[[nodiscard]] bool console_shows(int console_level, Level level);

}  // namespace nbdroot::agent::report
