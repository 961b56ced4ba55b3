// What is wrong with the files of an overlay, for people.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/overlay/map_header.h"
#include "server/storage/overlay/store.h"

namespace nbdroot::server::storage::overlay {

struct CheckReport {
    std::vector<std::string> faults;  // it will not be opened, or does not say what it should
    std::vector<std::string> notes;   // worth knowing; no fault
    std::optional<OverlayIdentity> identity;
    std::uint64_t blocks = 0;
    std::uint64_t data_blocks = 0;
    std::uint64_t zero_blocks = 0;
    std::uint64_t log_records = 0;
    std::uint64_t unflushed_records = 0;  // behind the last barrier
    bool is_in_use = false;               // somebody has it open, and may be writing
    bool is_of_this_boot = true;          // the host has not been restarted since it was open

    [[nodiscard]] bool is_sound() const { return faults.empty(); }
};

// Changes nothing. Waits for the disk. BOOT is the host's present one; without it, that of the
// overlay.
[[nodiscard]] CheckReport check_overlay(Store& store, std::optional<BootId> boot = {});

}  // namespace nbdroot::server::storage::overlay
