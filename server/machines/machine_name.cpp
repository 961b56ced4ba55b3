#include "server/machines/machine_name.h"

#include <algorithm>

#include "lib/base/text.h"
#include "server/config/machine_pattern.h"

namespace nbdroot::server::machines {
namespace {

constexpr const char* kName = "machine of";

bool is_plain(const std::string& name) {
    return std::all_of(name.begin(), name.end(), [](unsigned char character) {
        return character >= 0x20 && character != 0x7f && character != '/';
    });
}

Result<std::string> check_name(const std::string& name, const config::OverlayConfig& overlay) {
    // Whatever the pattern says: names go into lines of text.
    if (name.size() > config::MachinePattern::kMaximumName || !is_plain(name)) {
        return fail(
            kName, "",
            cat("'", base::printable(name, 64), "' is no name of a machine: at most ",
                config::MachinePattern::kMaximumName, " bytes, no slash, no control characters"));
    }
    const auto pattern = NBDROOT_TRY(config::MachinePattern::compile(overlay.machine_pattern));
    if (pattern.matches(name)) return name;
    return fail(
        kName, "",
        cat("'", base::printable(name, 64), "' is no name of a machine here: it has to match ",
            base::printable(overlay.machine_pattern), " (machine-pattern)"));
}

}  // namespace

Result<std::string> machine_of(const Asker& asker, const config::OverlayConfig& overlay,
                               const std::string& export_name) {
    if (overlay.identity == config::MachineIdentity::address) {
        if (asker.address) return config::to_text(*asker.address);
        return fail(kName, "",
                    "machines are told apart by their addresses, and a client of a unix socket "
                    "has none");
    }
    if (asker.machine) return check_name(*asker.machine, overlay);
    if (overlay.kind == config::OverlayKind::temporary) return std::string();
    return fail(
        kName, "",
        cat("each machine has a disk of its own: ask for ", base::printable(export_name), "/NAME"));
}

}  // namespace nbdroot::server::machines
