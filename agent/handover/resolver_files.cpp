#include "agent/handover/resolver_files.h"

#include <algorithm>

#include "agent/handover/words.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace nbdroot::agent::handover {
namespace {

// " a b", or nothing.
std::string search_words(const network::Network& network) {
    std::string text;
    for (const std::string& domain : search_list(network)) text += cat(' ', domain);
    return text;
}

bool is_server(std::string_view line) {
    constexpr std::string_view kKey = "nameserver";
    if (!line.starts_with(kKey)) return false;
    const std::string_view rest = line.substr(kKey.size());
    const bool is_key = rest.starts_with(' ') || rest.starts_with('\t');
    return is_key && rest.find_first_not_of(" \t\r") != std::string_view::npos;
}

}  // namespace

std::string resolv_conf(const network::Network& network) {
    std::string text = "# Written by nbdroot-agent.\n";
    const std::string search = search_words(network);
    if (!search.empty()) text += cat("search", search, '\n');
    for (const std::uint32_t server : network.name_servers) {
        text += cat("nameserver ", base::format_ipv4(server), '\n');
    }
    return text;
}

bool names_server(std::string_view text) {
    const auto lines = base::split(text, '\n');
    return std::any_of(lines.begin(), lines.end(), is_server);
}

std::string resolved_file(const network::Network& network) {
    std::string text = "# Written by nbdroot-agent.\n[Resolve]\n";
    // Without a value the key would take resolved's own servers away.
    if (!network.name_servers.empty()) {
        text += cat("FallbackDNS=", join_addresses(network.name_servers), '\n');
    }
    const std::string search = search_words(network);
    if (!search.empty()) text += cat("Domains=", search.substr(1), '\n');
    return text;
}

}  // namespace nbdroot::agent::handover
