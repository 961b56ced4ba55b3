#include "agent/network/bring_up.h"

#include <cerrno>

#include "lib/base/text.h"

namespace nbdroot::agent::network {

Result<void> wait_for_first(io::Loop& loop, Uplinks& uplinks, std::optional<Instant> give_up_at) {
    const auto is_over = [&] { return uplinks.error() || !uplinks.up().empty(); };
    bool is_too_late = false;
    const auto give_up_timer = loop.timer([&] {
        is_too_late = true;
        loop.stop();
    });
    if (give_up_at) give_up_timer->arm(*give_up_at);
    uplinks.on_change([&] {
        if (is_over()) loop.stop();
    });
    const Result<void> ran = is_over() ? Result<void>{} : loop.run();
    uplinks.on_change(nullptr);
    NBDROOT_CHECK(ran);
    if (uplinks.error()) return fail(*uplinks.error());
    if (!uplinks.up().empty()) return {};
    if (is_too_late) return fail("network", "", cat("no address in time (", uplinks.status(), ")"));
    return fail("network", "", "was called off", ECANCELED);
}

}  // namespace nbdroot::agent::network
