#include "server/ctl/progress.h"

#include <utility>

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/console.h"

namespace nbdroot::server::ctl {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(250);
constexpr const char* kClearLine = "\r\033[K";

}  // namespace

Progress::Progress(std::string name, std::uint64_t all_bytes)
    : name_(std::move(name)), all_bytes_(all_bytes), is_seen_(sys::standard_error_is_terminal()) {}

Progress::~Progress() {
    if (is_seen_) sys::write_to_standard_error(kClearLine);
}

void Progress::show(std::uint64_t done_bytes) {
    const Instant now = sys::now();
    if (!is_seen_ || now < next_) return;
    next_ = now + kPause;
    sys::write_to_standard_error(cat(kClearLine, base::printable(name_), ": ",
                                     base::human_size(done_bytes), " of ",
                                     base::human_size(all_bytes_)));
}

}  // namespace nbdroot::server::ctl
