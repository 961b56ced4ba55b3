#include "lib/sys/module.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/module.h>

#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {
Result<void> load_module(const std::string& path, const std::string& parameters) {
    const Fd file = NBDROOT_TRY(open_file(path, O_RDONLY));
    const int flags = path.ends_with(".ko") ? 0 : MODULE_INIT_COMPRESSED_FILE;
    if (::syscall(SYS_finit_module, file.get(), parameters.c_str(), flags) == 0) return {};
    if (errno == EEXIST) return {};
    return fail_errno("load module", path);
}

}  // namespace nbdroot::sys
