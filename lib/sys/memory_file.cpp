#include "lib/sys/memory_file.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "lib/sys/error.h"
#include "lib/sys/file.h"

namespace nbdroot::sys {

Result<Fd> make_inherited_file(const char* name, std::string_view text) {
    Fd fd(static_cast<int>(::syscall(SYS_memfd_create, name, 0U)));
    if (!fd) return fail_errno("create a file in memory", name);
    NBDROOT_CHECK(write_all(fd.get(), base::as_bytes(text), name));
    if (::lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno("rewind", name);
    return fd;
}

}  // namespace nbdroot::sys
