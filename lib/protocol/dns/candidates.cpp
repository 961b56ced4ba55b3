#include "lib/protocol/dns/candidates.h"

#include <algorithm>

#include "lib/base/text.h"
#include "lib/protocol/dns/name.h"

namespace nbdroot::protocol::dns {
namespace {

constexpr std::size_t kDomainsSearched = 6;  // as glibc did before 2.26; each costs a round trip

std::string without_last_dot(std::string_view name) {
    if (name.ends_with('.')) name.remove_suffix(1);
    return std::string(name);
}

}  // namespace

std::vector<std::string> candidates_of(std::string_view host,
                                       const std::vector<std::string>& search) {
    if (!parse_name(host)) return {};
    const std::string as_it_is = without_last_dot(host);
    if (host.ends_with('.')) return {as_it_is};
    std::vector<std::string> names;
    for (std::size_t i = 0; i < std::min(search.size(), kDomainsSearched); ++i) {
        std::string name = cat(host, '.', without_last_dot(search[i]));
        const bool is_name = !name.ends_with('.') && parse_name(name);
        if (is_name) names.push_back(std::move(name));
    }
    const bool has_dot = host.find('.') != std::string_view::npos;
    names.insert(has_dot ? names.begin() : names.end(), as_it_is);
    return names;
}

}  // namespace nbdroot::protocol::dns
