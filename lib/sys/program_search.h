// Where a program lies that is known by its name alone.
#pragma once

#include <optional>
#include <string>

namespace nbdroot::sys {

// In the directories of PATH that begin with a slash; without PATH where everybody looks.
[[nodiscard]] std::optional<std::string> find_program(const std::string& name);

}  // namespace nbdroot::sys
