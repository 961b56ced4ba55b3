#include "agent/rescue/leave.h"

#include "agent/root/root.h"
#include "lib/base/text.h"
#include "lib/sys/block_device.h"
#include "lib/sys/mount.h"
#include "lib/sys/process.h"

namespace nbdroot::agent::rescue {
namespace {

// A boot that failed has little to write; a person at the console may have copied a file.
constexpr Duration kWriteBackLimit{30'000};

}  // namespace

Error leave(sys::MachineEnd how, const std::function<void(std::string_view)>& say) {
    const bool is_written = sys::is_done_within(kWriteBackLimit, [] {
        static_cast<void>(sys::detach_mount(root::kNewRoot));
        sys::write_back_all();
    });
    if (!is_written) {
        say(cat("boot: the root is not written back after ", kWriteBackLimit.count() / 1000, " s; ",
                base::name_of(how), " all the same"));
    }
    return sys::end_machine_now(how);
}

}  // namespace nbdroot::agent::rescue
