// Where the hand-over writes: under /run, never into the root. A file that programs look for under
// /etc only is covered by one from there.
#pragma once

#include <sys/types.h>

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sys/root_file.h"

namespace nbdroot::agent::handover {

// Its folders are made.
[[nodiscard]] Result<void> write_run_file(const std::string& path, std::string_view text,
                                          mode_t mode = 0644);

// The file PATH of ROOT reads TEXT from now on. Where there is no such file: nothing happens.
[[nodiscard]] Result<void> cover_file(const std::string& root, const std::string& path,
                                      std::string_view text, sys::Cover cover);

}  // namespace nbdroot::agent::handover
