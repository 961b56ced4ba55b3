#include "agent/attach/ioctl_attach.h"

#include <fcntl.h>

#include <array>
#include <utility>

#include "agent/attach/relay.h"
#include "agent/attach/resident.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/nbd_device.h"
#include "lib/sys/process.h"
#include "lib/sys/stream.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::size_t kReportBytes = 512;

struct Job {
    std::string path;  // "/dev/nbd0"
    sys::NbdGeometry geometry;
    const Log& log;
};

Result<Relay::End> relay(sys::Fd kernel, Connection& connection) {
    const auto loop = NBDROOT_TRY(io::make_epoll_loop());
    Relay relay(*loop, std::move(kernel), std::move(connection.socket),
                describe(connection.server));
    return relay.run();
}

int run_relay(sys::Fd kernel, Connection& connection, const Job& job) {
    become_resident(job.log);
    const std::string server = describe(connection.server);
    const auto end = relay(std::move(kernel), connection);
    if (end && *end == Relay::End::by_kernel) {
        job.log.info(cat("attach: ", job.path, " was disconnected; relay to ", server, " ends"));
        return 0;
    }
    const std::string why = end ? "the server closed the connection" : end.error().message();
    job.log.error(cat("attach: relay ", server, ": ", why, "; ", job.path,
                      " fails every request from now on"));
    return 1;
}

// The device is opened for reading: a writer that holds it open would keep some kernels from
// mounting it, and the ioctls ask for a capability only.
Result<sys::Fd> set_up(const Job& job, int kernel) {
    sys::Fd device = NBDROOT_TRY(sys::open_file(job.path, O_RDONLY));
    NBDROOT_CHECK(sys::set_up_nbd_device(device.get(), job.geometry, kernel, job.path));
    return device;
}

int run_device(sys::Fd kernel, const sys::Fd& report, const Job& job) {
    become_resident(job.log);
    const auto device = set_up(job, kernel.get());
    kernel.reset();  // the driver has its own reference
    const auto done = device ? sys::run_nbd_device(device->get(), job.path) : Result<void>();
    if (device && done) return 0;
    const std::string why = (device ? done.error() : device.error()).message();
    (void)sys::send_some(report.get(), base::as_bytes(why),
                         job.path);  // nobody may listen any more
    if (device) job.log.error(cat("attach: ", why, "; the device is over"));
    return 1;
}

}  // namespace

Result<IoctlProcesses> attach_by_ioctl(Connection connection, const Geometry& geometry,
                                       const std::string& path, const Log& log) {
    const Job job{.path = path,
                  .geometry = {.block_size_bytes = geometry.block_size_bytes,
                               .blocks = geometry.blocks,
                               .transmission_flags = connection.info.transmission_flags},
                  .log = log};
    auto bytes = NBDROOT_TRY(sys::make_stream_pair());
    auto report = NBDROOT_TRY(sys::make_stream_pair());
    IoctlProcesses processes;
    // Each child drops the ends that are not its own, or nobody would ever see an end of stream.
    // The relay comes first: the kernel reads the partition table as soon as the device is there.
    processes.relay = NBDROOT_TRY(sys::fork_child([&] {
        bytes.first.reset();
        report = {};
        return run_relay(std::move(bytes.second), connection, job);
    }));
    bytes.second.reset();
    connection.socket.reset();
    auto runner = sys::fork_child([&] {
        report.first.reset();
        return run_device(std::move(bytes.first), report.second, job);
    });
    if (!runner) {
        sys::kill_child(processes.relay);
        return fail(std::move(runner).error());
    }
    processes.runner = *runner;
    processes.report = std::move(report.first);
    return processes;
}

Result<void> check_report(const IoctlProcesses& processes, const std::string& path) {
    std::array<std::byte, kReportBytes> text;
    const auto moved = NBDROOT_TRY(sys::receive_some(processes.report.get(), text, path));
    if (!moved) return {};
    const std::string why = base::printable(base::as_text(ByteView(text).first(*moved)));
    return fail("attach", path, why.empty() ? "the process that runs it ended" : why);
}

void end(const IoctlProcesses& processes) {
    sys::kill_child(processes.runner);
    sys::kill_child(processes.relay);
}

}  // namespace nbdroot::agent::attach
