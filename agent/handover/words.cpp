#include "agent/handover/words.h"

#include <algorithm>

#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent::handover {
namespace {

bool is_plain(char one) {
    return (one >= 'a' && one <= 'z') || (one >= 'A' && one <= 'Z') || (one >= '0' && one <= '9') ||
           one == '.' || one == '-' || one == '_';
}

constexpr std::size_t kLongestMachineName = 64;  // __NEW_UTS_LEN in linux/utsname.h

}  // namespace

bool is_plain_word(std::string_view text) {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_plain);
}

std::vector<std::string> search_list(const network::Network& network) {
    std::vector<std::string> list;
    for (const std::string& domain : network.search) {
        if (is_plain_word(domain)) list.push_back(domain);
    }
    return list;
}

std::string_view machine_name(std::string_view name) {
    if (name.size() <= kLongestMachineName) return name;
    return name.substr(0, std::min(name.find('.'), kLongestMachineName));
}

std::string join_addresses(const std::vector<std::uint32_t>& addresses) {
    std::string text;
    for (const std::uint32_t address : addresses) {
        if (!text.empty()) text += ' ';
        text += base::format_ipv4(address);
    }
    return text;
}

std::string follow_link(std::string_view folder, std::string_view target) {
    const bool is_absolute = target.starts_with('/');
    std::vector<std::string_view> parts;
    for (const std::string_view from : {is_absolute ? std::string_view() : folder, target}) {
        for (const std::string_view part : base::split(from, '/')) {
            if (part.empty() || part == ".") continue;
            if (part != "..") {
                parts.push_back(part);
            } else if (!parts.empty()) {
                parts.pop_back();
            }
        }
    }
    std::string path;
    for (const std::string_view part : parts) path += cat('/', part);
    return path;
}

}  // namespace nbdroot::agent::handover
