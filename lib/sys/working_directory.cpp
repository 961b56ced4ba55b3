#include "lib/sys/working_directory.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>

#include "lib/sys/error.h"

namespace nbdroot::sys {

Result<std::string> working_directory() {
    struct Free {
        void operator()(char* text) const { std::free(text); }
    };
    const std::unique_ptr<char, Free> found(::getcwd(nullptr, 0));
    if (!found) return fail_errno("look for", "the working directory");
    return std::string(found.get());
}

}  // namespace nbdroot::sys
