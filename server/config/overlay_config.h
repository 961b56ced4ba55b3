// What each machine's own writes over an export's image become.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace nbdroot::server::config {

enum class OverlayKind {
    none,       // clients get the image itself
    temporary,  // until the machine's next boot
    persistent  // until the operator resets it
};

// What tells machines apart.
enum class MachineIdentity {
    export_suffix,  // it asks for EXPORT/NAME
    address         // its IP address; behind NAT all are one
};

// What happens to a write for which an overlay has no room.
enum class QuotaFull {
    hold,  // it waits until there is some: the machine stands still, and nothing is lost
    error  // it is answered ENOSPC
};

struct OverlayConfig {
    OverlayKind kind = OverlayKind::none;
    MachineIdentity identity = MachineIdentity::export_suffix;
    // A POSIX extended regular expression that all of NAME must match.
    std::string machine_pattern = "[A-Za-z0-9][A-Za-z0-9._:-]{0,63}";
    std::uint32_t maximum_overlays = 4096;  // of this export; 0: no limit
    // After its last connection a temporary overlay is kept so long, and so is an image that was
    // replaced by another.
    std::chrono::seconds linger = std::chrono::hours(24);
    std::uint64_t quota_bytes = 0;  // of each overlay; 0: none
    QuotaFull quota_full = QuotaFull::hold;
    std::string directory{};  // where they lie; empty: "overlays" in the state directory

    bool operator==(const OverlayConfig&) const = default;
};

}  // namespace nbdroot::server::config
