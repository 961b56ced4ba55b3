#include "agent/resident/overlay_watch.h"

namespace nbdroot::agent::resident {
namespace {

// Often enough for somebody who copies files by hand; a look costs two system calls.
constexpr Duration kInterval{3'000};

}  // namespace

OverlayWatch::OverlayWatch(io::Loop& loop, const sys::Directory& run, const Log& log)
    : loop_(loop), run_(run), log_(log), timer_(loop.timer([this] { look(); })) {
    timer_->arm(loop_.now() + kInterval);
}

// An error: it is not there yet, or no longer.
void OverlayWatch::look() {
    if (const auto room = run_.room_at("upper/u")) {
        if (const auto line = rule_.look(*room)) log_.warning(*line);
    }
    timer_->arm(loop_.now() + kInterval);
}

}  // namespace nbdroot::agent::resident
