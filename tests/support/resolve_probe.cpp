// usage: resolve_probe INTERFACE HOST SERVERS [SEARCH]
// Looks HOST up the way the agent does, over INTERFACE ("" is any), at the name servers of the
// comma list SERVERS, in the domains of the comma list SEARCH, and prints an address a line. Exit
// 1: the line says why there is none.
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "agent/network/resolver.h"
#include "lib/base/ipv4.h"
#include "lib/base/text.h"

namespace {

using namespace nbdroot;
using agent::network::Resolver;
using agent::network::ResolverOptions;

std::vector<std::string> list_of(const std::string& text) {
    std::vector<std::string> list;
    for (const std::string_view word : base::split(text, ',')) {
        if (!word.empty()) list.emplace_back(word);
    }
    return list;
}

ResolverOptions options_of(const std::vector<std::string>& words) {
    ResolverOptions options;
    options.interface_name = words[1];
    for (const std::string& server : list_of(words[3])) {
        if (const auto address = base::parse_ipv4(server)) options.servers.push_back(*address);
    }
    if (words.size() > 4) options.search = list_of(words[4]);
    return options;
}

void print(const Result<Resolver::Addresses>& result) {
    if (!result) return (void)std::printf("%s\n", result.error().message().c_str());
    for (const auto& address : *result) std::printf("%s\n", sys::format_host(address).c_str());
}

}  // namespace

int main(int count, char** arguments) {
    const std::vector<std::string> words(arguments, arguments + count);
    if (words.size() != 4 && words.size() != 5) {
        std::fprintf(stderr, "usage: resolve_probe INTERFACE HOST SERVERS [SEARCH]\n");
        return 2;
    }
    auto loop = io::make_epoll_loop();
    if (!loop) return 1;
    std::optional<Result<Resolver::Addresses>> result;
    const Resolver resolver(**loop, options_of(words), words[2],
                            [&](const Result<Resolver::Addresses>& told) {
                                result.emplace(told);
                                (*loop)->stop();
                            });
    if (!(*loop)->run() || !result) return 1;
    print(*result);
    return *result ? 0 : 1;
}
