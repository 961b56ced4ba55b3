// Program files that the running system finds under other names.
#pragma once

#include <string>

#include "lib/base/result.h"

namespace nbdroot::sys {

// TO becomes a program with the bytes of FROM; one that was there is replaced.
[[nodiscard]] Result<void> copy_program(const std::string& from, const std::string& to);

// PATH becomes another name of EXISTING (link(2)), or a symbolic link that says TARGET.
[[nodiscard]] Result<void> replace_hard_link(const std::string& existing, const std::string& path);
[[nodiscard]] Result<void> replace_symbolic_link(const std::string& target,
                                                 const std::string& path);

// All of PATH is in the page cache afterwards, as far as it can be read.
void read_into_page_cache(const std::string& path);

}  // namespace nbdroot::sys
