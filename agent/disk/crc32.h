// The CRC32 of UEFI's tables (that of Ethernet and zlib). Pure.
#pragma once

#include <cstdint>

#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

class Crc32 {
public:
    void add(ByteView bytes);
    [[nodiscard]] std::uint32_t value() const { return ~state_; }

private:
    std::uint32_t state_ = UINT32_MAX;
};

}  // namespace nbdroot::agent::disk
