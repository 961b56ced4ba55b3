// One look at the network that is kept, and the repairs that it needs.
//
// Every question and command to the kernel here may wait for its lock over all network interfaces
// (RTNL). Somebody may hold that lock while waiting for the root itself: a driver that loads its
// firmware, a page fault in an ioctl. Who must go on then, so that the root comes back, leaves this
// to a process of its own.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "agent/network/kept.h"
#include "lib/base/log.h"

namespace nbdroot::agent::network {

inline constexpr std::uint32_t kNoEnd = UINT32_MAX;  // of Outcome::address_seconds

// What came of it; flat, so that it passes through a pipe.
struct Outcome {
    std::int32_t interface_index = 0;  // as it is now; 0: it is gone, or, if failed, unknown
    std::uint32_t link_flags = 0;
    // For how long the address is valid now, unless it failed; 0: it is not there.
    std::uint32_t address_seconds = 0;
    bool enslaved = false;
    bool failed = false;  // try again
    Level level = Level::info;
    std::array<char, 16> interface_name{};  // ends with zeros
    std::array<char, 200> line{};           // for the log

    [[nodiscard]] std::string_view name_text() const;
    [[nodiscard]] std::string_view line_text() const;
};

[[nodiscard]] Outcome repair(const Kept& kept);

}  // namespace nbdroot::agent::network
