// The sink of every line the agent says: /dev/kmsg, and standard error where that is not enough.
#pragma once

#include <string_view>

#include "lib/base/log.h"
#include "lib/sys/fd.h"

namespace nbdroot::agent::report {

// A line goes to /dev/kmsg. It goes to standard error too, unless that is the console and the
// kernel shows the line there already: nobody reads a line twice and no line is lost. In process 1
// standard error is /dev/console.
class KernelLog {
public:
    // Lifts the rate limit for writers of /dev/kmsg (kernel.printk_devkmsg) and looks which levels
    // the console shows; needs /proc and /dev. Where there is no /dev/kmsg, standard error takes
    // every line.
    KernelLog();

    void write(Level level, std::string_view text) const;

private:
    [[nodiscard]] bool is_on_console(Level level) const;

    sys::Fd kmsg_;
    int console_level_;
    bool stderr_is_console_;
};

}  // namespace nbdroot::agent::report
