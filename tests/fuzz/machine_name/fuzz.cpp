// The name that a client asks for: which export, which machine. What is taken for a machine's name
// is one, leads back to the same, and never to a path.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "lib/base/assert.h"
#include "lib/base/text.h"
#include "server/config/machine_pattern.h"
#include "server/export/export_table.h"
#include "server/machines/machine_files.h"
#include "server/machines/machine_name.h"

namespace {

using nbdroot::server::admission::Policy;
using nbdroot::server::config::MachinePattern;
using nbdroot::server::config::OverlayConfig;
using nbdroot::server::config::OverlayKind;
using nbdroot::server::export_::ExportTable;

ExportTable make_table() {
    ExportTable table;
    for (const char* const name : {"debian", "lab/debian", "lab", "a@b.c"}) {
        auto policy = std::make_shared<Policy>(Policy{name});
        policy->overlay = OverlayConfig{.kind = OverlayKind::temporary, .machine_pattern = "[^x]*"};
        table.add(name, nullptr, std::move(policy));
    }
    table.add("plain", nullptr);
    table.set_default("debian");
    return table;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ExportTable table = make_table();
    const std::string_view name(reinterpret_cast<const char*>(data), size);
    const auto found = table.find(name);
    if (!found || !found->policy->overlay) return 0;
    const auto& overlay = *found->policy->overlay;
    const std::string& export_name = found->policy->export_name;
    const auto machine =
        nbdroot::server::machines::machine_of({.machine = found->machine}, overlay, export_name);
    if (!machine) return 0;
    NBDROOT_ASSERT(machine->size() <= MachinePattern::kMaximumName);
    NBDROOT_ASSERT(machine->find_first_of(std::string_view("/\0\n\r\x1b", 5)) == std::string::npos);
    if (!machine->empty()) {
        const auto again = table.find(nbdroot::cat(export_name, '/', *machine));
        NBDROOT_ASSERT(again && (again->machine == *machine || !again->boot_token.empty()));
    }
    const std::string stem =
        nbdroot::server::machines::stem_of("/d", {.export_name = export_name, .machine = *machine});
    NBDROOT_ASSERT(stem.rfind('/') == 2);
    return 0;
}
