// systemd's journal as a place for log lines.
#pragma once

namespace nbdroot::sys {

// FD leads straight into the journal, so that lines may carry a priority (systemd.exec(5),
// $JOURNAL_STREAM). False where it was redirected since. Call it before any thread starts.
[[nodiscard]] bool is_journal(int fd);

// A line can be written to FD without waiting for whoever reads there.
[[nodiscard]] bool takes_a_line(int fd);

}  // namespace nbdroot::sys
