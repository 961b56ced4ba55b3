#include "agent/control/tracing.h"

#include <fcntl.h>

#include <array>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::control {
namespace {

constexpr int kMostFollowers = 8;

// Where tracefs is, by itself or with debugfs.
constexpr std::array<const char*, 2> kPlaces = {"/sys/kernel/tracing/instances/",
                                                "/sys/kernel/debug/tracing/instances/"};

// One that nobody reads can be removed, one that somebody reads cannot (EBUSY).
Result<std::string> make_instance() {
    for (const char* const place : kPlaces) {
        if (!sys::path_exists(place)) continue;
        for (int i = 0; i < kMostFollowers; ++i) {
            std::string folder = cat(place, "nbdrootctl-", i);
            sys::remove_directory(folder);
            if (!sys::path_exists(folder) && sys::make_directories(folder)) return folder;
        }
        return fail("follow", place, cat(kMostFollowers, " others follow already"));
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
    NBDROOT_CHECK(sys::write_control_file(folder_ + "/buffer_size_kb", "256"));
    NBDROOT_CHECK(sys::write_control_file(folder_ + "/trace_clock", "mono"));
    for (const char* const event : {"issue", "complete"}) {
        const std::string events = cat(folder_, "/events/block/block_rq_", event);
        NBDROOT_CHECK(sys::write_control_file(events + "/filter", filter));
        NBDROOT_CHECK(sys::write_control_file(events + "/enable", "1"));
    }
    pipe_ = NBDROOT_TRY(sys::open_file(folder_ + "/trace_pipe", O_RDONLY | O_NONBLOCK));
    return {};
}

Tracing::~Tracing() {
    if (folder_.empty()) return;
    pipe_.reset();
    sys::remove_directory(folder_);
}

std::string Tracing::read() {
    constexpr std::size_t kAtOnce = 1 << 20;  // the rest comes with the next call
    std::string text;
    while (text.size() < kAtOnce) {
        const std::string more = sys::read_now(pipe_.get());
        if (more.empty()) break;
        text += more;
    }
    return text;
}

}  // namespace nbdroot::agent::control
