#include "agent/attach/device.h"

#include <cerrno>
#include <utility>

#include "agent/attach/block_queue.h"
#include "agent/attach/geometry.h"
#include "agent/attach/ioctl_attach.h"
#include "agent/attach/kernel_nbd.h"
#include "agent/attach/netlink_attach.h"
#include "agent/attach/wait.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/constants.h"

namespace nbdroot::agent::attach {
namespace {

using config::AttachMode;

// The kernel shows the size as soon as the device runs; only a loaded machine needs longer.
constexpr Duration kSizeLimit{10'000};

struct Plan {
    std::string name;
    std::string path;
    std::uint32_t index = 0;
    Geometry geometry{};
};

Result<Plan> make_plan(const Connection& connection, const std::string& name, const Log& log) {
    Plan plan{.name = name, .path = cat("/dev/", name)};
    plan.index = NBDROOT_TRY(device_index(name));
    plan.geometry = NBDROOT_TRY(plan_geometry(connection.info, describe(connection.server)));
    if (plan.geometry.unreachable_bytes > 0) {
        log.warning(cat("attach: ", describe(connection.server), ": the last ",
                        plan.geometry.unreachable_bytes, " of ", connection.info.size_bytes,
                        " bytes cannot be reached; the kernel counts in blocks of ",
                        plan.geometry.block_size_bytes, " bytes"));
    }
    return plan;
}

// Ready once the kernel shows the size that was asked for. CHECK fails when that cannot come.
Result<void> wait_for_size(const Plan& plan, const std::function<Result<void>()>& check) {
    std::uint64_t shown = 0;
    const auto look = [&]() -> Result<bool> {
        NBDROOT_CHECK(check());
        shown = NBDROOT_TRY(shown_size_bytes(plan.name));
        return shown == plan.geometry.size_bytes();
    };
    if (NBDROOT_TRY(wait_until(kSizeLimit, look))) return {};
    return fail("attach", plan.path,
                cat("the kernel shows a size of ", shown, " bytes instead of ",
                    plan.geometry.size_bytes(), " after ", kSizeLimit.count() / 1000, " s"));
}

Result<void> use_netlink(KernelNbd& kernel, const Connection& connection, const Plan& plan,
                         const Log& log) {
    NBDROOT_CHECK(attach_by_netlink(kernel, connection,
                                    {.index = plan.index, .geometry = plan.geometry}, log));
    shorten_request_timer(plan.name, log);
    limit_request_size(plan.name, log);
    return wait_for_size(plan, [] { return Result<void>(); });
}

Result<void> use_ioctl(Connection connection, const Plan& plan, const Log& log) {
    limit_request_size(plan.name, log);
    const auto processes =
        NBDROOT_TRY(attach_by_ioctl(std::move(connection), plan.geometry, plan.path, log));
    auto ready = wait_for_size(plan, [&] { return check_report(processes, plan.path); });
    if (!ready) end(processes);
    return ready;
}

// nullopt: use ioctl.
Result<std::optional<KernelNbd>> choose(AttachMode mode, const Log& log) {
    if (mode == AttachMode::ioctl) return std::nullopt;
    auto kernel = KernelNbd::open();
    if (kernel) return std::move(*kernel);
    if (kernel.error().code != ENOENT) return fail(std::move(kernel).error());
    if (mode == AttachMode::netlink) {
        return fail("attach", "netlink",
                    "this kernel has no nbd over netlink (module nbd not loaded, or older than "
                    "Linux 4.12)",
                    ENOENT);
    }
    log.warning("attach: this kernel has no nbd over netlink; using ioctl, which cannot reconnect");
    return std::nullopt;
}

}  // namespace

Result<Device> attach_device(Connection connection, const DeviceOptions& options, const Log& log) {
    const Plan plan = NBDROOT_TRY(make_plan(connection, options.name, log));
    auto kernel = NBDROOT_TRY(choose(options.mode, log));
    const Device device{
        .path = plan.path,
        .mode = kernel ? AttachMode::netlink : AttachMode::ioctl,
        .size_bytes = plan.geometry.size_bytes(),
        .read_only = (connection.info.transmission_flags & protocol::nbd::kTransmitReadOnly) != 0};
    if (kernel) {
        NBDROOT_CHECK(use_netlink(*kernel, connection, plan, log));
    } else {
        NBDROOT_CHECK(use_ioctl(std::move(connection), plan, log));
    }
    NBDROOT_CHECK(scan_partitions(plan.name));
    return device;
}

bool is_attached(const Device& device) {
    return shown_size_bytes(device.path.substr(sizeof "/dev/" - 1)) == device.size_bytes;
}

}  // namespace nbdroot::agent::attach
