#include "agent/attach/netlink_attach.h"

#include <cerrno>

#include "agent/attach/wait.h"
#include "lib/base/text.h"

namespace nbdroot::agent::attach {
namespace {

constexpr Duration kBusyLimit{5'000};

protocol::netlink::NbdConnect message(int socket, const NetlinkPlan& plan) {
    return {.index = plan.index,
            .size_bytes = plan.geometry.size_bytes(),
            .block_size_bytes = plan.geometry.block_size_bytes,
            .server_flags = plan.transmission_flags,
            .dead_connection_timeout_seconds = plan.dead_connection_timeout_seconds,
            .backend_identifier = plan.backend_identifier,
            .sockets = {static_cast<std::uint32_t>(socket)}};
}

}  // namespace

Result<void> attach_by_netlink(KernelNbd& kernel, int socket, const NetlinkPlan& plan,
                               const Log& log) {
    const auto request = message(socket, plan);
    bool said = false;
    const auto try_once = [&]() -> Result<bool> {
        auto connected = kernel.connect(request);
        if (connected) return true;
        if (connected.error().code != EBUSY) return fail(std::move(connected).error());
        if (!std::exchange(said, true)) {
            log.info(
                cat("attach: nbd", plan.index, " is busy, somebody has it open; trying again"));
        }
        return false;
    };
    if (NBDROOT_TRY(wait_until(kBusyLimit, try_once))) return {};
    return fail(
        "attach", cat("/dev/nbd", plan.index),
        cat("in use by another connection, or kept open, for ", kBusyLimit.count() / 1000, " s"),
        EBUSY);
}

}  // namespace nbdroot::agent::attach
