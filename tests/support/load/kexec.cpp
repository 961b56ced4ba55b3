#include "tests/support/load/kexec.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::load {

Result<void> load_next_kernel(const NextKernel& next) {
    const sys::Fd kernel = NBDROOT_TRY(sys::open_file(next.kernel, O_RDONLY));
    const sys::Fd initramfs = NBDROOT_TRY(sys::open_file(next.initramfs, O_RDONLY));
    const std::string& line = next.command_line;
    if (::syscall(SYS_kexec_file_load, kernel.get(), initramfs.get(), line.size() + 1, line.c_str(),
                  0UL) != 0) {
        return sys::fail_errno("load the next kernel", next.kernel);
    }
    return {};
}

}  // namespace nbdroot::load
