#include "server/export/pulse.h"

#include <algorithm>

namespace nbdroot::server::export_ {
namespace {

// What was under way when probing began must not look like an answer: an acknowledgement that the
// client's kernel delayed (200 ms at most), what came in while the loop was late.
constexpr Duration kUnderWay = std::chrono::milliseconds(500);

}  // namespace

Pulse pulse_of(const sys::TcpInfo& info) {
    return {.closed = info.closed,
            .leaving = info.peer_ended,
            .silent = std::min(info.since_data, info.since_ack),
            .window_closed =
                info.unsent_bytes > 0 && info.unacked_segments == 0 && info.unanswered_probes == 0};
}

Verdict judge(const Pulse& pulse, Duration elapsed) {
    if (pulse.closed) return Verdict::over;
    const bool late = elapsed >= kProbeLimit;
    // It goes of its own accord: its last requests get their answers, unless that takes too long.
    if (pulse.leaving) return late ? Verdict::over : Verdict::undecided;
    if (pulse.silent + kUnderWay < elapsed) return Verdict::alive;
    if (!late) return Verdict::undecided;
    return pulse.window_closed ? Verdict::alive : Verdict::dead;
}

}  // namespace nbdroot::server::export_
