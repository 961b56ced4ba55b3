// When to say that the memory of an overlay runs full. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/sys/directory.h"

namespace nbdroot::agent::resident {

class FillRule {
public:
    static constexpr std::uint64_t kFullPercent = 90;
    // Not said again before it was below this: a log that writes near the limit is no news.
    static constexpr std::uint64_t kRoomyPercent = 80;

    // The line to log, if there is one now.
    [[nodiscard]] std::optional<std::string> look(const sys::Room& room);

private:
    bool said_ = false;
};

}  // namespace nbdroot::agent::resident
