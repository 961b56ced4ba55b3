// The ioctl interface of /dev/nbdN, and opening the node.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/sys/fd.h"

namespace nbdroot::sys {

struct NbdGeometry {
    std::uint32_t block_size_bytes = 512;
    std::uint64_t blocks = 0;
    std::uint16_t transmission_flags = 0;
};

// NBD_SET_BLKSIZE, _SIZE_BLOCKS, _FLAGS, then _SOCK: the kernel takes a reference to SOCKET.
// DEVICE is the open node, PATH its name for errors.
[[nodiscard]] Result<void> set_up_nbd_device(int device, const NbdGeometry& geometry, int socket,
                                             const std::string& path);

// NBD_DO_IT: returns when the connection is over. Only a signal ends it earlier.
[[nodiscard]] Result<void> run_nbd_device(int device, const std::string& path);

// NBD_DISCONNECT: the driver tells the server, and what is asked of the device fails from then on.
[[nodiscard]] Result<void> disconnect_nbd_device(int device, const std::string& path);

}  // namespace nbdroot::sys
