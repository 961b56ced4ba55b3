#include "agent/service/hash_ranges.h"

#include <algorithm>

namespace nbdroot::agent::service {

using protocol::service::Hashes;
using protocol::service::kMaximumBlocks;

std::optional<Hashes> HashRanges::next() {
    if (left_.length_bytes == 0) return std::nullopt;
    Hashes now = left_;
    if (left_.blocks() > kMaximumBlocks) now.length_bytes = kMaximumBlocks * left_.block_bytes;
    left_.offset_bytes += now.length_bytes;
    left_.length_bytes -= now.length_bytes;
    return now;
}

std::size_t HashRanges::ahead() const {
    return left_.block_bytes <= kSmallBytes / kMaximumBlocks ? 2 : 1;
}

}  // namespace nbdroot::agent::service
