#include "agent/disk/crc32.h"

namespace nbdroot::agent::disk {

// Bit by bit: a table would be larger than the rest, and a boot sums up 16 KiB.
void Crc32::add(ByteView bytes) {
    for (const std::byte byte : bytes) {
        state_ ^= std::to_integer<std::uint32_t>(byte);
        for (int bit = 0; bit < 8; ++bit) {
            state_ = (state_ >> 1) ^ ((state_ & 1) != 0 ? 0xedb88320U : 0U);
        }
    }
}

}  // namespace nbdroot::agent::disk
