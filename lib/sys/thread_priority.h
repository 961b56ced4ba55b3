// How urgent the calling thread's work is.
#pragma once

namespace nbdroot::sys {

// It runs, and reads from disks, when nobody else wants to. Where that cannot be had it goes on as
// it is.
void yield_to_everybody();

}  // namespace nbdroot::sys
