#include "agent/attach/ioctl_attach.h"

#include <fcntl.h>

#include <array>
#include <utility>

#include "agent/attach/resident.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/nbd_device.h"
#include "lib/sys/process.h"
#include "lib/sys/stream.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::size_t kReportBytes = 512;

// The device is opened for reading: a writer that holds it open would keep some kernels from
// mounting it, and the ioctls ask for a capability only.
Result<sys::Fd> set_up(const IoctlPlan& plan, int kernel) {
    sys::Fd device = NBDROOT_TRY(sys::open_file(plan.path, O_RDONLY));
    const sys::NbdGeometry geometry{.block_size_bytes = plan.geometry.block_size_bytes,
                                    .blocks = plan.geometry.blocks,
                                    .transmission_flags = plan.transmission_flags};
    NBDROOT_CHECK(sys::set_up_nbd_device(device.get(), geometry, kernel, plan.path));
    return device;
}

int run(const IoctlPlan& plan, sys::Fd kernel, const sys::Fd& report, const Log& log) {
    become_resident(log);
    const auto device = set_up(plan, kernel.get());
    kernel.reset();  // the driver has its own reference
    const auto done = device ? sys::run_nbd_device(device->get(), plan.path) : Result<void>();
    if (device && done) return 0;
    const std::string why = (device ? done.error() : device.error()).message();
    // Nobody may listen any more.
    (void)sys::send_some(report.get(), base::as_bytes(why), plan.path);
    if (device) log.error(cat("attach: ", why, "; the device is over"));
    return 1;
}

}  // namespace

Result<IoctlAttachment> attach_by_ioctl(const IoctlPlan& plan, int connection, const Log& log) {
    auto bytes = NBDROOT_TRY(sys::make_stream_pair());
    auto report = NBDROOT_TRY(sys::make_stream_pair());
    // The child drops the ends that are not its own, or nobody would ever see an end of stream.
    const pid_t pid = NBDROOT_TRY(sys::fork_child([&] {
        bytes.second.reset();
        report.first.reset();
        const sys::Fd not_ours(connection);
        return run(plan, std::move(bytes.first), report.second, log);
    }));
    return IoctlAttachment{.runner = {.pid = pid, .report = std::move(report.first)},
                           .relay_end = std::move(bytes.second)};
}

Result<void> check_report(const IoctlRunner& runner, const std::string& path) {
    std::array<std::byte, kReportBytes> text;
    const auto moved = NBDROOT_TRY(sys::receive_some(runner.report.get(), text, path));
    if (!moved) return {};
    const std::string why = base::printable(base::as_text(ByteView(text).first(*moved)));
    return fail("attach", path, why.empty() ? "the process that runs it ended" : why);
}

}  // namespace nbdroot::agent::attach
