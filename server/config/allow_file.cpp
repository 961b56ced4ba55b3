#include "server/config/allow_file.h"

#include "lib/base/text.h"

namespace nbdroot::server::config {
namespace {

std::string_view content_of(std::string_view line) {
    constexpr std::string_view blanks = " \t\r\f\v";
    line = line.substr(0, line.find('#'));
    const std::size_t from = line.find_first_not_of(blanks);
    if (from == std::string_view::npos) return {};
    return line.substr(from, line.find_last_not_of(blanks) - from + 1);
}

}  // namespace

ParsedAllowFile parse_allow_file(std::string_view text, const std::string& file) {
    ParsedAllowFile parsed;
    int line = 0;
    for (const std::string_view whole : base::split(text, '\n')) {
        ++line;
        const std::string_view content = content_of(whole);
        if (content.empty()) continue;
        const auto range = parse_address_network(content);
        if (range) {
            parsed.allow.ranges.push_back(*range);
        } else {
            parsed.complaints.push_back(cat(file, ':', line, ": ", range.error().message()));
        }
    }
    return parsed;
}

}  // namespace nbdroot::server::config
