#include "lib/protocol/nbd/extent_list.h"

#include <algorithm>

namespace nbdroot::protocol::nbd {

// A sum never exceeds the length of a request, which has 32 bits.
void ExtentList::add(std::uint64_t length_bytes, std::uint32_t flags) {
    const auto part =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(length_bytes, missing_bytes_));
    if (part == 0 || full_) return;
    if (!list_.empty() && list_.back().flags == flags) {
        list_.back().length_bytes += part;
    } else if (list_.size() < maximum_) {
        list_.push_back({.length_bytes = part, .flags = flags});
    } else {
        full_ = true;
        return;
    }
    missing_bytes_ -= part;
}

}  // namespace nbdroot::protocol::nbd
