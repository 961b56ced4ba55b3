#include "agent/control/tracing.h"

#include <fcntl.h>

#include <array>

#include "lib/base/text.h"
#include "lib/sys/file.h"
#include "lib/sys/file_list.h"
#include "lib/sys/process.h"

namespace nbdroot::agent::control {
namespace {

// Where tracefs is, by itself or with debugfs.
constexpr std::array<const char*, 2> kPlaces = {"/sys/kernel/tracing/instances/",
                                                "/sys/kernel/debug/tracing/instances/"};
// The number of its process is behind it.
constexpr std::string_view kPrefix = "nbdrootctl-";
// For each processor: some 6,000 requests, while the agent or the terminal keeps us waiting.
constexpr std::string_view kBufferKib = "1024";

// Of followers that were killed: the process is no more.
void remove_leftovers(const std::string& place) {
    const auto names = sys::list_directories(place);
    if (!names) return;
    for (const std::string& name : *names) {
        if (!name.starts_with(kPrefix)) continue;
        const std::string process = cat("/proc/", name.substr(kPrefix.size()));
        if (!sys::path_exists(process)) sys::remove_directory(place + name);
    }
}

Result<std::string> make_instance() {
    for (const char* const place : kPlaces) {
        if (!sys::path_exists(place)) continue;
        remove_leftovers(place);
        std::string folder = cat(place, kPrefix, sys::own_process());
        sys::remove_directory(folder);  // of one that had our number
        NBDROOT_CHECK(sys::make_directory(folder));
        return folder;
    }
    return fail("follow", kPlaces[0],
                "no such folder; mount -t tracefs tracefs /sys/kernel/tracing");
}

// "43:0" as the tracepoint's field has it (MKDEV of include/linux/kdev_t.h).
std::uint64_t device_number(std::string_view text) {
    const auto numbers = base::split(text.substr(0, text.find('\n')), ':');
    if (numbers.size() != 2) return 0;
    return base::parse_decimal(numbers[0]).value_or(0) << 20 |
           base::parse_decimal(numbers[1]).value_or(0);
}

}  // namespace

Result<Tracing> Tracing::begin(const std::string& device) {
    Tracing tracing(NBDROOT_TRY(make_instance()));
    NBDROOT_CHECK(tracing.set_up(device));
    return tracing;
}

Result<void> Tracing::set_up(const std::string& device) {
    const std::string number = NBDROOT_TRY(sys::read_text_file(cat("/sys/block/", device, "/dev")));
    const std::string filter = cat("dev == ", device_number(number));
    // An instance with a reader cannot be removed by anybody else.
    pipe_ = NBDROOT_TRY(sys::open_file(folder_ + "/trace_pipe", O_RDONLY | O_NONBLOCK));
    NBDROOT_CHECK(sys::write_control_file(folder_ + "/buffer_size_kb", kBufferKib));
    NBDROOT_CHECK(sys::write_control_file(folder_ + "/trace_clock", "mono"));
    for (const char* const event : {"issue", "complete"}) {
        const std::string events = cat(folder_, "/events/block/block_rq_", event);
        NBDROOT_CHECK(sys::write_control_file(events + "/filter", filter));
        NBDROOT_CHECK(sys::write_control_file(events + "/enable", "1"));
    }
    return {};
}

Tracing::~Tracing() {
    if (folder_.empty()) return;
    pipe_.reset();
    sys::remove_directory(folder_);
}

std::string Tracing::read() {
    constexpr std::size_t kAtOnce = 1 << 20;
    std::string text;
    while (text.size() < kAtOnce) {
        const std::string more = sys::read_now(pipe_.get());
        if (more.empty()) break;
        text += more;
    }
    return text;
}

}  // namespace nbdroot::agent::control
