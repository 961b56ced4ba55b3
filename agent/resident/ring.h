// Bytes of a stream by their position in it: position P lies at P modulo the size of the ring.
// Positions only grow; 64 bits are never used up.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "lib/base/bytes.h"

namespace nbdroot::agent::resident {

// A stretch of a ring; the second piece is what lies beyond the border, often nothing.
using Pieces = std::array<ByteSpan, 2>;

inline std::size_t size_of(const Pieces& pieces) { return pieces[0].size() + pieces[1].size(); }

class Ring {
public:
    explicit Ring(ByteSpan bytes) : bytes_(bytes) {}

    [[nodiscard]] std::size_t size() const { return bytes_.size(); }
    [[nodiscard]] std::byte& at(std::uint64_t position) const {
        return bytes_[position % bytes_.size()];
    }

    // COUNT bytes, at most size(), from POSITION on.
    [[nodiscard]] Pieces stretch(std::uint64_t position, std::uint64_t count) const {
        const ByteSpan first = bytes_.subspan(position % bytes_.size());
        const auto length = static_cast<std::size_t>(count);
        if (length <= first.size()) return {first.first(length), {}};
        return {first, bytes_.first(length - first.size())};
    }

    void read(std::uint64_t position, ByteSpan into) const {
        const Pieces from = stretch(position, into.size());
        std::ranges::copy(from[0], into.begin());
        std::ranges::copy(from[1], into.subspan(from[0].size()).begin());
    }
    void write(std::uint64_t position, ByteView from) const {
        const Pieces into = stretch(position, from.size());
        std::ranges::copy(from.first(into[0].size()), into[0].begin());
        std::ranges::copy(from.subspan(into[0].size()), into[1].begin());
    }

private:
    ByteSpan bytes_;
};

}  // namespace nbdroot::agent::resident
