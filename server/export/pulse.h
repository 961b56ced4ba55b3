// Whether the machine behind a connection still lives, judged by what its kernel answers.
//
// Pure. While a client is probed its socket sends keepalive probes every second; a machine that was
// switched off and on again answers them with a reset, one that is gone does not answer.
#pragma once

#include "lib/base/time.h"
#include "lib/sys/tcp_liveness.h"

namespace nbdroot::server::export_ {

// A client that answers nothing for this long counts as gone: three unanswered probes, and one
// second for a probe of the network that was lost on its way.
inline constexpr Duration kProbeLimit = std::chrono::seconds(5);

// Between two looks at a socket that is probed.
inline constexpr Duration kProbeInterval = std::chrono::milliseconds(100);

// One look at the connection of the client that holds an export.
struct Pulse {
    bool closed = false;   // reset, timed out, or ended by us
    bool leaving = false;  // the client has ended its side: what it sent before is still worked on
    Duration silent{};     // since anything came from its kernel
    // Bytes wait because its window is closed, and it has answered the last question whether it
    // still is. The kernel then sends no keepalive probes, and asks ever more seldom.
    bool window_closed = false;
};

[[nodiscard]] Pulse pulse_of(const sys::TcpInfo& info);

enum class Verdict {
    undecided,
    alive,
    over,  // the connection is; its machine may live, and come back
    dead,  // the machine answers nothing
};

// PULSE was taken ELAPSED after probing began.
[[nodiscard]] Verdict judge(const Pulse& pulse, Duration elapsed);

}  // namespace nbdroot::server::export_
