// A range of a disk, cut into requests for hashes. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "lib/protocol/service/request.h"

namespace nbdroot::agent::service {

// Of so many bytes an answer takes but moments, even of a server that works: such requests may
// be sent ahead.
inline constexpr std::uint64_t kSmallBytes = std::uint64_t{1} << 20;

class HashRanges {
public:
    // WANTED may have any number of blocks.
    explicit HashRanges(const protocol::service::Hashes& wanted) : left_(wanted) {}

    // The next request, in order; nullopt: there is none left.
    [[nodiscard]] std::optional<protocol::service::Hashes> next();
    // How many may be on their way at once.
    [[nodiscard]] std::size_t ahead() const;

private:
    protocol::service::Hashes left_;
};

}  // namespace nbdroot::agent::service
