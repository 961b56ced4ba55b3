#include "lib/base/machine_end.h"

#include <array>

namespace nbdroot::base {
namespace {

constexpr std::array<std::string_view, 4> kVerbs = {"poweroff", "reboot", "halt", "kexec"};

}  // namespace

std::optional<MachineEnd> parse_machine_end(std::string_view verb) {
    if (verb == "exit") return MachineEnd::poweroff;
    for (std::size_t i = 0; i < kVerbs.size(); ++i) {
        if (kVerbs[i] == verb) return static_cast<MachineEnd>(i);
    }
    return std::nullopt;
}

std::string_view name_of(MachineEnd end) { return kVerbs.at(static_cast<std::size_t>(end)); }

}  // namespace nbdroot::base
