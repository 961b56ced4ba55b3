#include "agent/root/modules_list.h"

#include "lib/base/text.h"

namespace nbdroot::agent::root {
namespace {

constexpr std::string_view kBlanks = " \t\r\v\f";

std::string_view trim(std::string_view text) {
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

}  // namespace

std::vector<ModuleEntry> parse_modules_list(std::string_view text) {
    std::vector<ModuleEntry> entries;
    for (const std::string_view line : base::split(text, '\n')) {
        const std::string_view words = trim(line);
        if (words.empty() || words[0] == '#') continue;
        const std::size_t end = words.find_first_of(kBlanks);
        const std::string_view parameters =
            end == std::string_view::npos ? std::string_view() : trim(words.substr(end));
        entries.push_back({std::string(words.substr(0, end)), std::string(parameters)});
    }
    return entries;
}

}  // namespace nbdroot::agent::root
