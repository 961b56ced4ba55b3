// The start of a disk, built field by field.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "agent/disk/superblock.h"
#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

struct Image {
    Bytes bytes = Bytes(kProbeBytes);

    Image& put(std::size_t offset, std::string_view text) {
        const auto view = base::as_bytes(text);
        std::copy(view.begin(), view.end(), bytes.begin() + static_cast<std::ptrdiff_t>(offset));
        return *this;
    }
    Image& put_u32(std::size_t offset, std::uint32_t value) {
        for (std::size_t i = 0; i < 4; ++i) {
            bytes[offset + i] = static_cast<std::byte>(value >> (8 * i));
        }
        return *this;
    }
};

inline constexpr std::string_view kUuid(
    "\x12\x34\x56\x78\x9a\xbc\xde\xf0\x01\x02\x03\x04\x05\x06\x07\x08", 16);
inline constexpr const char* kUuidText = "12345678-9abc-def0-0102-030405060708";

}  // namespace nbdroot::agent::disk
