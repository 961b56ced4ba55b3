#include "agent/attach/block_queue.h"

#include <fcntl.h>

#include <optional>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::uint64_t kSectorBytes = 512;  // of /sys/block/*/size, whatever the block size
constexpr std::uint64_t kMaximumRequestKib = 512;
constexpr std::uint64_t kRequestTimerMs = 2000;

std::string attribute(const std::string& device, std::string_view name) {
    return cat("/sys/block/", device, "/", name);
}

Result<std::uint64_t> read_number(const std::string& path) {
    const std::string text = NBDROOT_TRY(sys::read_text_file(path));
    const auto number = base::parse_decimal(std::string_view(text).substr(0, text.find('\n')));
    if (!number) return fail("read", path, cat("not a number: ", base::printable(text, 32)));
    return *number;
}

void write_number(const std::string& path, std::uint64_t number, const Log& log) {
    const auto written = sys::write_control_file(path, cat(number));
    if (!written) log.warning(cat("attach: ", written.error().message(), "; left as it is"));
}

}  // namespace

Result<std::uint64_t> shown_size_bytes(const std::string& device) {
    return NBDROOT_TRY(read_number(attribute(device, "size"))) * kSectorBytes;
}

Result<void> limit_request_size(const std::string& device) {
    const std::string path = attribute(device, "queue/max_sectors_kb");
    if (NBDROOT_TRY(read_number(path)) <= kMaximumRequestKib) return {};
    return sys::write_control_file(path, cat(kMaximumRequestKib));
}

void shorten_request_timer(const std::string& device, const Log& log) {
    write_number(attribute(device, "queue/io_timeout"), kRequestTimerMs, log);
}

Result<void> scan_partitions(const std::string& device) {
    NBDROOT_CHECK(sys::open_file(cat("/dev/", device), O_RDONLY));
    return {};
}

}  // namespace nbdroot::agent::attach
