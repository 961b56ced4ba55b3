#include <string>

#include "lib/base/text.h"
#include "server/config/option_table.h"

namespace nbdroot::server::config {
namespace {

constexpr std::size_t kHelpColumn = 30;

constexpr std::string_view kHead =
    "nbd-rootserver serves disk images to diskless machines (NBD).\n"
    "\n"
    "usage: nbd-rootserver [OPTIONS] [ADDRESS:]PORT IMAGE\n"
    "       nbd-rootserver [OPTIONS] -c FILE\n"
    "       nbd-rootserver [OPTIONS] --listen|--unix|--stdio ... IMAGE\n";

constexpr std::string_view kFoot =
    "\n"
    "nbd-rootserver 1234 rootfs.img serves rootfs.img, writable, on port 1234 of every\n"
    "address. Port 0 lets the kernel pick one; the log names it. SIGTERM and SIGINT stop\n"
    "the server after everything it has read is answered. Details: nbd-rootserver(8).\n";

std::string names_of(const Option& option) {
    return cat("  ", option.short_name.empty() ? "   " : option.short_name,
               option.short_name.empty() ? " " : ", ", option.long_name,
               option.value_name.empty() ? "" : " ", option.value_name);
}

std::string lines_of(const Option& option) {
    std::string text = names_of(option);
    if (text.size() + 2 > kHelpColumn) text += cat('\n', std::string(kHelpColumn, ' '));
    if (text.size() < kHelpColumn) text.resize(kHelpColumn, ' ');
    for (const char character : option.help) {
        text += character;
        if (character == '\n') text.append(kHelpColumn, ' ');
    }
    return text + '\n';
}

}  // namespace

std::string usage_text() {
    std::string text(kHead);
    for (const OptionGroup& group : option_groups()) {
        text += cat('\n', group.title, ":\n");
        for (const Option& option : group.options) text += lines_of(option);
    }
    return text.append(kFoot);
}

}  // namespace nbdroot::server::config
