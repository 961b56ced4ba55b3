// How a machine's run ends: the verbs of systemd-shutdown and of our exit program.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace nbdroot::base {

enum class MachineEnd : std::uint8_t { poweroff, reboot, halt, kexec };

// "poweroff", "reboot", "halt", "kexec"; and "exit", systemd's word inside a container, which ends
// a machine as poweroff does. Anything else is none.
[[nodiscard]] std::optional<MachineEnd> parse_machine_end(std::string_view verb);

[[nodiscard]] std::string_view name_of(MachineEnd end);

}  // namespace nbdroot::base

namespace nbdroot {
using base::MachineEnd;
}
