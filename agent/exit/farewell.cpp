#include "agent/exit/farewell.h"

#include <fcntl.h>

#include "agent/attach/kernel_nbd.h"
#include "agent/exit/root_disk.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/nbd_device.h"
#include "lib/sys/process.h"
#include "lib/sys/stream.h"
#include "lib/sys/unix_client.h"

namespace nbdroot::agent::exit {
namespace {

constexpr const char* kControl = "/run/nbdroot/control";

// A resident that cannot answer a word at once is stuck.
constexpr Duration kAnnounceLimit{2'000};
// Longer than the resident itself waits for the server.
constexpr Duration kDisconnectLimit{5'000};

// For the driver to find room for its word in the socket: a server that reads nothing gives none.
constexpr Duration kOwnDisconnectLimit{5'000};

Result<void> disconnect_by_netlink(const std::string& disk) {
    const auto index = base::parse_decimal(disk.substr(3), 32767);
    attach::KernelNbd kernel = NBDROOT_TRY(attach::KernelNbd::open());
    return kernel.disconnect(static_cast<std::uint32_t>(index.value_or(0)));
}

Result<void> disconnect_by_ioctl(const std::string& disk) {
    const std::string path = "/dev/" + disk;
    const sys::Fd device = NBDROOT_TRY(sys::open_file(path, O_RDONLY));
    return sys::disconnect_nbd_device(device.get(), path);
}

Result<void> disconnect_now(const Status& status) {
    return status.by_ioctl ? disconnect_by_ioctl(status.disk) : disconnect_by_netlink(status.disk);
}

// By a process of its own, which may hang in the kernel while this one ends the machine.
Result<void> disconnect_in_time(const Status& status, const Log& log) {
    auto done = NBDROOT_TRY(sys::make_stream_pair());
    NBDROOT_CHECK(sys::fork_child([&] {
        done.first.reset();
        const auto disconnected = disconnect_now(status);
        if (!disconnected) log.error(cat("shutdown: ", disconnected.error().message()));
        (void)sys::send_some(done.second.get(), base::as_bytes("!"), "");
        return disconnected ? 0 : 1;
    }));
    done.second.reset();
    if (sys::wait_for_byte(done.first.get(), kOwnDisconnectLimit)) return {};
    return fail("disconnect", "/dev/" + status.disk,
                cat("not done within ", kOwnDisconnectLimit.count(), " ms"));
}

}  // namespace

Result<void> announce(std::optional<MachineEnd> how) {
    const std::string answer = NBDROOT_TRY(sys::ask_unix(
        kControl, cat("ending ", how ? base::name_of(*how) : "none", "\n"), kAnnounceLimit));
    if (answer.find("\"ok\":true") != std::string::npos) return {};
    return fail("announce", "the shutdown", base::printable(answer));
}

// The resident's answer is the end of the connection to it, by which a crash answers as well.
void disconnect(const Status& status, const Log& log) {
    const std::string path = "/dev/" + status.disk;
    if (is_over(status.disk)) return log.info(cat("shutdown: ", path, " is disconnected already"));
    const auto by_resident = sys::ask_unix(kControl, "disconnect\n", kDisconnectLimit);
    if (is_over(status.disk)) return log.info(cat("shutdown: ", path, " is disconnected"));
    const std::string why =
        by_resident ? "the resident process has not done it" : by_resident.error().message();
    log.warning(cat("shutdown: ", why, "; disconnecting without the resident process"));
    const auto done = disconnect_in_time(status, log);
    if (!done) log.error(cat("shutdown: ", done.error().message(), "; going on"));
}

}  // namespace nbdroot::agent::exit
