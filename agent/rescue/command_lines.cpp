#include "agent/rescue/command_lines.h"

#include <cerrno>
#include <utility>

#include "agent/config/word.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::rescue {
namespace {

constexpr const char* kRunFolder = "/run/nbdroot";

Result<std::string> read_if_there(const char* path) {
    auto text = sys::read_text_file(path);
    if (!text && text.error().code == ENOENT) return std::string();
    return text;
}

}  // namespace

Result<config::CommandLines> read_command_lines(const CommandLinePlaces& places) {
    config::CommandLines texts;
    texts.kernel = NBDROOT_TRY(sys::read_text_file(places.kernel));
    texts.defaults = NBDROOT_TRY(read_if_there(places.defaults));
    texts.added = NBDROOT_TRY(read_if_there(places.added));
    if (config::split_words(config::without_comments(texts.added)).empty()) texts.added.clear();
    return texts;
}

Result<void> add_command_line(const std::string& text) {
    config::CommandLines texts = NBDROOT_TRY(read_command_lines());
    texts.added = text;
    const auto config = config::parse_command_lines(texts);
    if (!config) return fail(config.error());
    NBDROOT_CHECK(sys::make_directories(kRunFolder));
    return sys::replace_file(CommandLinePlaces().added, text + '\n');
}

}  // namespace nbdroot::agent::rescue
