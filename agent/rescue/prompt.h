// The program on the rescue console.
#pragma once

#include "lib/base/time.h"

namespace nbdroot::agent::rescue {

constexpr const char* kShell = "/bin/sh";

// Its exit status when somebody wants something of process 1: another try, or the console that was
// offered. Others mean that there was nobody to talk to.
constexpr int kWishStatus = 10;

[[nodiscard]] bool has_shell();

// Waits for a line on standard input. Returns the exit status.
[[nodiscard]] int run_offer();

// The shell of the initramfs, or the built-in prompt. Returns the exit status.
[[nodiscard]] int run_prompt();

}  // namespace nbdroot::agent::rescue
