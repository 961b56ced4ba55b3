#include "server/machines/directories.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::server::machines {
namespace {

constexpr mode_t kMode = 0600;

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        if (end > 0) lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

}  // namespace

Result<std::vector<std::string>> remember_directories(const std::string& record,
                                                      const std::vector<std::string>& current) {
    auto text = sys::read_text_file(record);
    if (!text && text.error().code == ENOENT) text = "";
    if (!text) return tl::unexpected(text.error());
    std::vector<std::string> all = lines_of(*text);
    const std::size_t known = all.size();
    for (const std::string& directory : current) {
        if (std::find(all.begin(), all.end(), directory) == all.end()) all.push_back(directory);
    }
    if (all.size() == known) return all;
    std::string now;
    for (const std::string& directory : all) now += cat(directory, '\n');
    NBDROOT_CHECK(sys::replace_file_durably(record, now, kMode));
    return all;
}

}  // namespace nbdroot::server::machines
