// The Merkle tree over the bytes of an image, built from left to right. Pure.
//
// RFC 9162, 2.1.1 (as RFC 6962), with SHA-256: a leaf is the hash of a byte 0 and up to kLeafBytes
// of the image, a node that of a byte 1 and its two halves, of which the left one is as large a
// power of two of leaves as can be. docs/merkle-root.md has it byte by byte.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lib/base/bytes.h"

namespace nbdroot::server::merkle {

// Stays in a processor's own cache while it is hashed; its node costs 2 of 1026 steps of SHA-256.
inline constexpr std::size_t kLeafBytes = std::size_t{64} * 1024;

using Digest = std::array<std::byte, 32>;

class Tree {
public:
    // 1 to kLeafBytes; only the last one may be shorter than that.
    void add(ByteView leaf);
    // So many whole leaves of zeroes, in no time.
    void add_zeroes(std::uint64_t leaves);

    // Of what has been added, which is not nothing.
    [[nodiscard]] Digest root() const;

private:
    // All leaves below it are there: 2^level of them.
    struct Part {
        unsigned level;
        Digest digest;
    };

    void add(Part part);
    [[nodiscard]] const Digest& zeroes(unsigned level);

    std::uint64_t leaves_ = 0;
    std::vector<Part> parts_;     // each of a lower level than the one before
    std::vector<Digest> zeroes_;  // by level
};

}  // namespace nbdroot::server::merkle
