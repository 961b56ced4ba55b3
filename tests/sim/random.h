// Numbers that are the same for one seed on every machine (splitmix64; the standard library's
// distributions are not).
#pragma once

#include <cstdint>

#include "lib/base/time.h"

namespace nbdroot::sim {

class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        std::uint64_t mixed = state_ += 0x9e3779b97f4a7c15;
        mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
        return mixed ^ (mixed >> 31);
    }
    // Below LIMIT, which is not 0.
    std::uint64_t below(std::uint64_t limit) { return next() % limit; }
    // Both ends included.
    std::uint64_t between(std::uint64_t low, std::uint64_t high) {
        return low + below(high - low + 1);
    }
    bool one_in(std::uint64_t count) { return below(count) == 0; }
    bool percent(std::uint64_t share) { return below(100) < share; }
    Duration between(Duration low, Duration high) {
        return low + Duration(below(static_cast<std::uint64_t>((high - low).count()) + 1));
    }
    // How much of COUNT one call moves: often all, sometimes little.
    std::size_t some_of(std::size_t count) {
        if (count <= 1 || below(4) != 0) return count;
        return static_cast<std::size_t>(between(1, one_in(2) && count > 64 ? 64 : count));
    }

private:
    std::uint64_t state_;
};

}  // namespace nbdroot::sim
