// What the kernel's driver is told about an export's size, pure.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/result.h"
#include "lib/protocol/nbd/export_info.h"

namespace nbdroot::agent::attach {

struct Geometry {
    std::uint32_t block_size_bytes = 512;
    std::uint64_t blocks = 0;
    std::uint32_t unreachable_bytes = 0;  // behind the last whole block

    [[nodiscard]] std::uint64_t size_bytes() const { return blocks * block_size_bytes; }
    bool operator==(const Geometry&) const = default;
};

// Blocks of 512 bytes unless the server's minimum says more: file systems and partition tables
// with small blocks must stay readable. The kernel counts in whole blocks, so an odd end is out of
// reach. OBJECT names the export in errors.
[[nodiscard]] Result<Geometry> plan_geometry(const protocol::nbd::ExportInfo& info,
                                             const std::string& object);

// "nbd12" -> 12.
[[nodiscard]] Result<std::uint32_t> device_index(const std::string& name);

// What a reconnect must name again (NBD_ATTR_BACKEND_IDENTIFIER): the export, on whichever server.
[[nodiscard]] std::string backend_identifier(const std::string& export_name);

}  // namespace nbdroot::agent::attach
