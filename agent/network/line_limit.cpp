#include "agent/network/line_limit.h"

#include <functional>

namespace nbdroot::agent::network {

bool LineLimit::passes(std::string_view line, Instant now) {
    const std::size_t hash = std::hash<std::string_view>{}(line);
    Shown* free = nullptr;
    for (Shown& shown : shown_) {
        if (shown.until <= now) {
            free = &shown;
        } else if (shown.hash == hash) {
            return false;
        }
    }
    if (free == nullptr) return false;
    *free = {.hash = hash, .until = now + kLineInterval};
    return true;
}

}  // namespace nbdroot::agent::network
