// Fields of on-disk structures: numbers, UUIDs, labels. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"

namespace nbdroot::agent::disk {

// The bytes at OFFSET, empty where there are not enough.
[[nodiscard]] ByteView at(ByteView bytes, std::size_t offset, std::size_t length);

// 0 where BYTES end before.
[[nodiscard]] std::uint32_t u16_at(ByteView bytes, std::size_t offset);
[[nodiscard]] std::uint32_t u32_at(ByteView bytes, std::size_t offset);
[[nodiscard]] std::uint64_t u64_at(ByteView bytes, std::size_t offset);
// xfs is the one that counts from the other end.
[[nodiscard]] std::uint32_t big_u32_at(ByteView bytes, std::size_t offset);
[[nodiscard]] std::uint64_t big_u64_at(ByteView bytes, std::size_t offset);

// Lower case with dashes, in the order of the bytes; empty where all of them are zero.
[[nodiscard]] std::string uuid_at(ByteView bytes, std::size_t offset);

// The same for a GUID of UEFI, whose first three parts are little-endian.
[[nodiscard]] std::string guid_at(ByteView bytes, std::size_t offset);
// Eight digits, highest first; empty where the number is 0.
[[nodiscard]] std::string hex_u32_at(ByteView bytes, std::size_t offset);

// A field of LENGTH bytes that ends at its first zero byte.
[[nodiscard]] std::string label_at(ByteView bytes, std::size_t offset, std::size_t length);

// The same in UTF-16LE, as UTF-8; half of a surrogate pair becomes U+FFFD.
[[nodiscard]] std::string utf16_at(ByteView bytes, std::size_t offset, std::size_t length);

[[nodiscard]] bool begins_with(ByteView bytes, std::size_t offset, std::string_view magic);

}  // namespace nbdroot::agent::disk
