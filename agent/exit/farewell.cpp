#include "agent/exit/farewell.h"

#include <fcntl.h>

#include "agent/attach/kernel_nbd.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/nbd_device.h"
#include "lib/sys/unix_client.h"

namespace nbdroot::agent::exit {
namespace {

constexpr const char* kControl = "/run/nbdroot/control";

// A resident that cannot answer a word at once is stuck.
constexpr Duration kAnnounceLimit{2'000};
// Longer than the resident itself waits for the server.
constexpr Duration kDisconnectLimit{5'000};

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

}  // namespace

Result<void> announce(MachineEnd how) {
    const std::string answer = NBDROOT_TRY(
        sys::ask_unix(kControl, cat("ending ", base::name_of(how), "\n"), kAnnounceLimit));
    if (answer.find("\"ok\":true") != std::string::npos) return {};
    return fail("announce", "the shutdown", base::printable(answer));
}

// nbd.c: the file is there while a connection is configured.
bool is_connected(const std::string& disk) {
    return sys::path_exists(cat("/sys/block/", disk, "/pid"));
}

void disconnect(const Status& status, const Log& log) {
    const std::string path = "/dev/" + status.disk;
    if (!is_connected(status.disk)) {
        return log.info(cat("shutdown: ", path, " is disconnected already"));
    }
    const auto by_resident = sys::ask_unix(kControl, "disconnect\n", kDisconnectLimit);
    if (by_resident) return log.info(cat("shutdown: ", path, " is disconnected"));
    log.warning(cat("shutdown: ", by_resident.error().message(),
                    "; disconnecting without the resident process"));
    const auto done =
        status.by_ioctl ? disconnect_by_ioctl(status.disk) : disconnect_by_netlink(status.disk);
    if (!done) log.error(cat("shutdown: ", done.error().message(), "; going on"));
}

}  // namespace nbdroot::agent::exit
