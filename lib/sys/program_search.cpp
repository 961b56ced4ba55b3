#include "lib/sys/program_search.h"

#include <unistd.h>

#include <cstdlib>

#include "lib/base/text.h"

namespace nbdroot::sys {

std::optional<std::string> find_program(const std::string& name) {
    const char* const path = std::getenv("PATH");
    const std::string directories = path == nullptr ? "/usr/bin:/bin" : path;
    for (const std::string_view directory : base::split(directories, ':')) {
        // Not where somebody happens to stand.
        if (!directory.starts_with('/')) continue;
        const std::string program = cat(directory, '/', name);
        if (::access(program.c_str(), X_OK) == 0) return program;
    }
    return std::nullopt;
}

}  // namespace nbdroot::sys
