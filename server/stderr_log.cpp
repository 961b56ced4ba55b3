#include "server/stderr_log.h"

#include <cstdlib>
#include <string>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::server {
namespace {

int syslog_priority(Level level) {
    switch (level) {
        case Level::error:
            return 3;
        case Level::warning:
            return 4;
        case Level::info:
            return 6;
        case Level::debug:
            return 7;
    }
    return 6;
}

}  // namespace

Log make_stderr_log(Level threshold) {
    const bool journal = std::getenv("JOURNAL_STREAM") != nullptr;  // before any thread starts
    return {threshold, [journal](Level level, std::string_view line) {
                const std::string text = journal ? cat('<', syslog_priority(level), '>', line, '\n')
                                                 : cat("nbd-rootserver: ", line, '\n');
                // A log that cannot be written stops nobody's root.
                (void)sys::write_all(2, base::as_bytes(text), "standard error");
            }};
}

}  // namespace nbdroot::server
