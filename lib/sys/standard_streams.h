// Descriptors 0, 1 and 2, as whoever started this process has left them.
#pragma once

namespace nbdroot::sys {

// /dev/null for each that is closed: else a file opened later gets its number, and what is printed.
// Call it before anything is opened. False: there is no way to do it.
[[nodiscard]] bool fill_standard_streams();

}  // namespace nbdroot::sys
