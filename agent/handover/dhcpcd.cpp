#include "agent/handover/dhcpcd.h"

#include "agent/handover/words.h"
#include "lib/base/text.h"

namespace nbdroot::agent::handover {
namespace {

constexpr std::string_view kHead =
    "# Written by nbdroot-agent: the root file system lies behind this interface, and the agent's\n"
    "# resident process keeps its address. What follows is the file of the image.\n";

}  // namespace

// In front: behind a line "interface" or "ssid" it would be for that one alone. Several such lines
// add up, and what is denied is not allowed by "allowinterfaces" (src/if.c, if_discover).
std::string dhcpcd_file(std::string_view own, const std::vector<std::string>& names) {
    std::string text(kHead);
    for (const std::string& name : names) {
        // A pattern to dhcpcd, which a name with '*' or '[' in it would be.
        if (is_plain_word(name)) text += cat("denyinterfaces ", name, '\n');
    }
    text += own;
    return text;
}

}  // namespace nbdroot::agent::handover
