// Integers of a stated byte order, for structs that lie on the wire: no padding, no alignment
// beyond one byte, converted on every access.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace nbdroot::base {

// An unsigned integer T stored most significant byte first (network byte order).
template <class T>
class BigEndian {
public:
    BigEndian() = default;
    constexpr BigEndian(T value) {  // NOLINT(google-explicit-constructor): reads as an integer
        for (std::size_t i = 0; i < sizeof(T); ++i) {
            bytes_[sizeof(T) - 1 - i] = static_cast<std::uint8_t>(value >> (8 * i));
        }
    }
    constexpr operator T() const {  // NOLINT(google-explicit-constructor): reads as an integer
        T value = 0;
        for (const std::uint8_t byte : bytes_) value = static_cast<T>((value << 8) | byte);
        return value;
    }

private:
    std::array<std::uint8_t, sizeof(T)> bytes_{};
};

// uint8_t << 8 would be undefined width games; 16 bits and up only.
using be16 = BigEndian<std::uint16_t>;
using be32 = BigEndian<std::uint32_t>;
using be64 = BigEndian<std::uint64_t>;

static_assert(sizeof(be16) == 2 && alignof(be16) == 1);
static_assert(sizeof(be32) == 4 && alignof(be32) == 1);
static_assert(sizeof(be64) == 8 && alignof(be64) == 1);

}  // namespace nbdroot::base

namespace nbdroot {
using base::be16;
using base::be32;
using base::be64;
}  // namespace nbdroot
