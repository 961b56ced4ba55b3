#include "agent/network/name_service.h"

#include <algorithm>
#include <optional>

#include "agent/network/route_socket.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"
#include "lib/sys/file.h"

namespace nbdroot::agent::network {
namespace {

// More than anybody asks; the files are somebody else's.
constexpr std::size_t kServersKept = 16;
constexpr std::size_t kDomainsKept = 16;
constexpr std::size_t kFileBytes = 65'536;

// The next word of TEXT, which loses it; empty: there is none.
std::string_view take_word(std::string_view& text) {
    constexpr std::string_view kBlanks = " \t\r";
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    const std::string_view word = text.substr(0, text.find_first_of(kBlanks));
    text.remove_prefix(word.size());
    return word;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    for (auto word = take_word(text); !word.empty(); word = take_word(text)) {
        if (words.size() < kDomainsKept) words.emplace_back(word);
    }
    return words;
}

void add_server(NameService& service, std::string_view text) {
    const auto address = base::parse_ipv4(text);
    const bool is_one = address && *address != 0;  // klibc writes 0.0.0.0 for none
    const bool is_new = is_one && std::find(service.servers.begin(), service.servers.end(),
                                            *address) == service.servers.end();
    if (is_new && service.servers.size() < kServersKept) service.servers.push_back(*address);
}

// klibc quotes with '…' and has no quote within.
std::string_view unquoted(std::string_view value) {
    const bool is_quoted = value.size() >= 2 && (value.front() == '\'' || value.front() == '"') &&
                           value.back() == value.front();
    return is_quoted ? value.substr(1, value.size() - 2) : value;
}

std::optional<std::string> read_if_there(const std::string& path) {
    auto text = sys::read_text_file(path, kFileBytes);
    if (!text) return std::nullopt;
    return std::move(*text);
}

void append(NameService& service, const NameService& more) {
    service.servers.insert(service.servers.end(), more.servers.begin(), more.servers.end());
    service.search.insert(service.search.end(), more.search.begin(), more.search.end());
}

NameService of_all_net_conf() {
    NameService service;
    auto kernel = RouteSocket::open();
    if (!kernel) return service;
    const auto links = kernel->links();
    if (!links) return service;
    for (const auto& link : *links) {
        const auto text = read_if_there(cat("/run/net-", link.name, ".conf"));
        if (text) append(service, parse_net_conf(*text));
    }
    return service;
}

}  // namespace

NameService parse_resolv_conf(std::string_view text) {
    NameService service;
    for (std::string_view line : base::split(text, '\n')) {
        const std::string_view key = take_word(line);
        if (key == "nameserver") {
            add_server(service, take_word(line));
        } else if (key == "search" || key == "domain") {
            service.search = words_of(line);
        }
    }
    return service;
}

NameService parse_net_conf(std::string_view text) {
    NameService service;
    std::string domain;
    for (const std::string_view line : base::split(text, '\n')) {
        const std::size_t equals = std::min(line.find('='), line.size());
        const std::string_view key = line.substr(0, equals);
        const std::string_view value = unquoted(line.substr(std::min(equals + 1, line.size())));
        if (key == "IPV4DNS0" || key == "IPV4DNS1") add_server(service, value);
        if (key == "DOMAINSEARCH") service.search = words_of(value);
        if (key == "DNSDOMAIN") domain = value;
    }
    if (service.search.empty() && !domain.empty()) service.search = {domain};
    return service;
}

NameService find_name_service() {
    NameService service;
    if (const auto text = read_if_there("/etc/resolv.conf")) service = parse_resolv_conf(*text);
    return service.servers.empty() ? of_all_net_conf() : service;
}

}  // namespace nbdroot::agent::network
