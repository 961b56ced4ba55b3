// The agent's control socket: what is understood is within its bounds, what is not has a reason
// that is one line.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "agent/resident/request.h"
#include "agent/resident/server_choice.h"
#include "lib/base/assert.h"

using namespace nbdroot::agent::resident;

namespace {

void check_line(std::string_view text) {
    NBDROOT_ASSERT(!text.empty());
    for (const char c : text) NBDROOT_ASSERT(c >= ' ' && c <= '~');
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto request = parse_request(line);
    if (!request) {
        check_line(request.error().reason);
        return 0;
    }
    if (const auto* const info = std::get_if<SetInfo>(&*request)) {
        NBDROOT_ASSERT(info->text.size() <= kLongestInfo);
        if (!info->text.empty()) check_line(info->text);
    }
    if (const auto* const timeout = std::get_if<SetTimeout>(&*request)) {
        NBDROOT_ASSERT(timeout->seconds <= kLongestTimeoutSeconds);
    }
    if (const auto* const wish = std::get_if<ConnectAnew>(&*request)) {
        Plan plan;
        plan.servers.resize(2);
        plan.barred.resize(1);
        const auto chosen = choose_server(plan, wish->server);
        if (chosen) NBDROOT_ASSERT(*chosen < plan.servers.size());
        if (!chosen) check_line(chosen.error().reason);
    }
    return 0;
}
