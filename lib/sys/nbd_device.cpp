#include "lib/sys/nbd_device.h"

#include <sys/ioctl.h>
// After the C library's headers.
#include <linux/nbd.h>

#include "lib/sys/error.h"

namespace nbdroot::sys {
namespace {

// The number is a template argument because glibc and musl disagree on its type, and a constant
// converts to either.
template <auto kRequest>
Result<void> control(int device, unsigned long argument, const char* name,
                     const std::string& path) {
    if (ioctl(device, kRequest, argument) < 0) return fail_errno(name, path);
    return {};
}

}  // namespace

Result<void> set_up_nbd_device(int device, const NbdGeometry& geometry, int socket,
                               const std::string& path) {
    NBDROOT_CHECK(
        control<NBD_SET_BLKSIZE>(device, geometry.block_size_bytes, "set block size of", path));
    NBDROOT_CHECK(control<NBD_SET_SIZE_BLOCKS>(device, geometry.blocks, "set size of", path));
    NBDROOT_CHECK(
        control<NBD_SET_FLAGS>(device, geometry.transmission_flags, "set flags of", path));
    return control<NBD_SET_SOCK>(device, static_cast<unsigned long>(socket), "hand socket to",
                                 path);
}

Result<void> run_nbd_device(int device, const std::string& path) {
    return control<NBD_DO_IT>(device, 0, "run", path);
}

Result<void> disconnect_nbd_device(int device, const std::string& path) {
    return control<NBD_DISCONNECT>(device, 0, "disconnect", path);
}

}  // namespace nbdroot::sys
