// Keeps a log readable while the same things happen again and again. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "lib/base/time.h"

namespace nbdroot::agent::network {

inline constexpr Duration kLineInterval{10'000};
inline constexpr std::size_t kLinesPerInterval = 8;

// Within kLineInterval no line passes twice, and no more than kLinesPerInterval do.
class LineLimit {
public:
    [[nodiscard]] bool passes(std::string_view line, Instant now);

private:
    struct Shown {
        std::size_t hash = 0;
        Instant until{};
    };
    std::array<Shown, kLinesPerInterval> shown_;
};

}  // namespace nbdroot::agent::network
