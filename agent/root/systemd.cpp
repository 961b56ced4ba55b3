// systemd of a root takes over from systemd of an initramfs by a file of serialized state whose
// number is an argument (systemd's src/core/main.c, manager-serialize.c; since version 43). One
// line of that state is enough, an empty one ends the manager's part, and there are no units. With
// --switched-root it sets up everything as at any boot.
#include "agent/root/systemd.h"

#include "lib/base/text.h"
#include "lib/sys/clock.h"
#include "lib/sys/file.h"
#include "lib/sys/memory_file.h"

namespace nbdroot::agent::root {

// /sbin/init is a link to the program in every distribution that has systemd as init.
bool is_systemd(const std::string& root, const std::string& init) {
    if (init.ends_with("/systemd")) return true;
    const auto target = sys::read_link(root + init);
    return target && target->ends_with("/systemd");
}

InitrdTime tell_initrd_time(Instant started, const Log& log) {
    const std::int64_t monotonic_us = started.time_since_epoch().count() * 1000;
    const std::int64_t age_us = (sys::now() - started).count() * 1000;
    const std::int64_t realtime_us = sys::calendar_time_us() - age_us;
    if (realtime_us <= 0) return {};  // a clock that knows no date yet
    auto file = sys::make_inherited_file(
        "systemd-state", cat("initrd-timestamp=", realtime_us, ' ', monotonic_us, "\n\n"));
    if (!file) {
        log.warning(file.error().message() + "; systemd-analyze will not show this time");
        return {};
    }
    return {.arguments = {"--switched-root", "--system", "--deserialize", cat(file->get())},
            .file = std::move(*file)};
}

}  // namespace nbdroot::agent::root
