// What is known of an image's Merkle root.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace nbdroot::server::merkle {

enum class RootState {
    none,       // there is none of such an image: reason
    waiting,    // for the file to be left alone, or for its turn
    computing,  // done_bytes of it
    known,      // root
    failed      // reason; it is tried again
};

struct RootView {
    RootState state = RootState::none;
    std::string root{};  // with its form
    std::uint64_t done_bytes = 0;
    std::string reason{};

    bool operator==(const RootView&) const = default;
};

}  // namespace nbdroot::server::merkle
