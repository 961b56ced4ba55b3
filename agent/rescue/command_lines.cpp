#include "agent/rescue/command_lines.h"

#include <cerrno>
#include <utility>

#include "lib/sys/file.h"

namespace nbdroot::agent::rescue {
namespace {

constexpr const char* kRunFolder = "/run/nbdroot";
constexpr const char* kAdded = "/run/nbdroot/cmdline";

Result<std::string> read_if_there(const char* path) {
    auto text = sys::read_text_file(path);
    if (!text && text.error().code == ENOENT) return std::string();
    return text;
}

}  // namespace

Result<config::CommandLines> read_command_lines() {
    config::CommandLines texts;
    texts.kernel = NBDROOT_TRY(sys::read_text_file("/proc/cmdline"));
    texts.defaults = NBDROOT_TRY(read_if_there("/etc/nbdroot/cmdline"));
    texts.added = NBDROOT_TRY(read_if_there(kAdded));
    return texts;
}

Result<void> add_command_line(const std::string& text) {
    config::CommandLines texts = NBDROOT_TRY(read_command_lines());
    texts.added = text;
    const auto config = config::parse_command_lines(texts);
    if (!config) return fail(config.error());
    NBDROOT_CHECK(sys::make_directories(kRunFolder));
    return sys::replace_file(kAdded, text + '\n');
}

}  // namespace nbdroot::agent::rescue
