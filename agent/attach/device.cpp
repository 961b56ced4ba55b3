#include "agent/attach/device.h"

#include <cerrno>
#include <optional>
#include <utility>

#include "agent/attach/block_queue.h"
#include "agent/attach/geometry.h"
#include "agent/attach/kernel_nbd.h"
#include "agent/attach/netlink_attach.h"
#include "agent/attach/wait.h"
#include "lib/base/text.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/sys/process.h"
#include "lib/sys/stream.h"

namespace nbdroot::agent::attach {
namespace {

using config::AttachMode;

// The kernel shows the size as soon as the device runs; only a loaded machine needs longer.
constexpr Duration kSizeLimit{10'000};

struct Plan {
    Device device;
    Geometry geometry{};
    std::uint16_t transmission_flags = 0;
    std::uint64_t dead_connection_timeout_seconds = 0;
};

Result<Plan> make_plan(const Connection& connection, const DeviceOptions& options, const Log& log) {
    Plan plan{.device = {.name = options.name, .path = cat("/dev/", options.name)},
              .transmission_flags = connection.info.transmission_flags,
              .dead_connection_timeout_seconds = options.dead_connection_timeout_seconds};
    const std::string server = describe(connection.server);
    Device& device = plan.device;
    device.index = NBDROOT_TRY(device_index(options.name));
    plan.geometry = NBDROOT_TRY(plan_geometry(connection.info, server));
    device.size_bytes = plan.geometry.size_bytes();
    device.read_only = (plan.transmission_flags & protocol::nbd::kTransmitReadOnly) != 0;
    device.backend_identifier = backend_identifier(connection.server.export_name);
    if (plan.geometry.unreachable_bytes > 0) {
        log.warning(cat("attach: ", server, ": the last ", plan.geometry.unreachable_bytes, " of ",
                        connection.info.size_bytes,
                        " bytes cannot be reached; the kernel counts in blocks of ",
                        plan.geometry.block_size_bytes, " bytes"));
    }
    return plan;
}

Result<Attachment> use_netlink(KernelNbd& kernel, const Connection& connection, Plan plan,
                               const Log& log) {
    Attachment attachment{.device = std::move(plan.device), .relay_end = {}, .runner = {}};
    const Device& device = attachment.device;
    sys::Fd kernel_end;
    if (device.is_relayed) {
        auto pair = NBDROOT_TRY(sys::make_stream_pair());
        kernel_end = std::move(pair.first);
        attachment.relay_end = std::move(pair.second);
    }
    NBDROOT_CHECK(
        attach_by_netlink(kernel, kernel_end ? kernel_end.get() : connection.socket.get(),
                          {.index = device.index,
                           .geometry = plan.geometry,
                           .transmission_flags = plan.transmission_flags,
                           .dead_connection_timeout_seconds = plan.dead_connection_timeout_seconds,
                           .backend_identifier = device.backend_identifier},
                          log));
    // Behind a relay the connection is never replaced: there is nothing to look for.
    if (!device.is_relayed) shorten_request_timer(device.name, log);
    return attachment;
}

Result<Attachment> use_ioctl(const Connection& connection, Plan plan, const Log& log) {
    auto attached = NBDROOT_TRY(attach_by_ioctl({.path = plan.device.path,
                                                 .geometry = plan.geometry,
                                                 .transmission_flags = plan.transmission_flags},
                                                connection.socket.get(), log));
    return Attachment{.device = std::move(plan.device),
                      .relay_end = std::move(attached.relay_end),
                      .runner = std::move(attached.runner)};
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
    log.warning(
        "attach: this kernel has no nbd over netlink; using ioctl with a relay, which is slower");
    return std::nullopt;
}

}  // namespace

Result<Attachment> attach_device(const Connection& connection, const DeviceOptions& options,
                                 const Log& log) {
    Plan plan = NBDROOT_TRY(make_plan(connection, options, log));
    auto kernel = NBDROOT_TRY(choose(options.mode, log));
    plan.device.mode = kernel ? AttachMode::netlink : AttachMode::ioctl;
    plan.device.is_relayed = options.relay || !kernel;
    // Before the device is there: nobody has it open then, and no larger request can be under way.
    const auto limited = limit_request_size(plan.device.name);
    if (!limited && plan.device.is_relayed) return fail(limited.error());
    if (!limited) log.warning(cat("attach: ", limited.error().message(), "; left as it is"));
    if (kernel) return use_netlink(*kernel, connection, std::move(plan), log);
    return use_ioctl(connection, std::move(plan), log);
}

Result<void> wait_until_usable(const Attachment& attachment) {
    const Device& device = attachment.device;
    std::uint64_t shown = 0;
    const auto look = [&]() -> Result<bool> {
        if (attachment.runner.report) NBDROOT_CHECK(check_report(attachment.runner, device.path));
        shown = NBDROOT_TRY(shown_size_bytes(device.name));
        return shown == device.size_bytes;
    };
    if (!NBDROOT_TRY(wait_until(kSizeLimit, look))) {
        return fail("attach", device.path,
                    cat("the kernel shows a size of ", shown, " bytes instead of ",
                        device.size_bytes, " after ", kSizeLimit.count() / 1000, " s"));
    }
    return scan_partitions(device.name);
}

void detach_device(const Attachment& attachment, const Log& log) {
    if (attachment.runner.pid > 0) return sys::kill_child(attachment.runner.pid);
    auto kernel = KernelNbd::open();
    const auto done =
        kernel ? kernel->disconnect(attachment.device.index) : Result<void>(fail(kernel.error()));
    if (!done) log.warning(cat("attach: disconnect: ", done.error().message()));
}

bool is_attached(const Device& device) {
    return shown_size_bytes(device.name) == device.size_bytes;
}

}  // namespace nbdroot::agent::attach
