// What a session process must not take with it when it is killed: in memory that it shares with the
// guardian.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "lib/base/bytes.h"
#include "lib/base/machine_end.h"

namespace nbdroot::agent::resident {

class Notes {
public:
    static constexpr std::size_t kBytes = 1;

    // Over MEMORY that is zero at first.
    explicit Notes(ByteSpan memory) : ending_(reinterpret_cast<std::uint8_t&>(memory.front())) {}

    // How the machine is ending, if it is.
    [[nodiscard]] std::optional<MachineEnd> ending() const {
        const std::uint8_t noted = ending_.load();
        if (noted == 0) return std::nullopt;
        return static_cast<MachineEnd>(noted - 1);
    }
    void set_ending(std::optional<MachineEnd> how) {
        ending_.store(how ? static_cast<std::uint8_t>(static_cast<unsigned>(*how) + 1) : 0);
    }

private:
    std::atomic_ref<std::uint8_t> ending_;  // 0: it is not; else 1 + the MachineEnd
};

}  // namespace nbdroot::agent::resident
