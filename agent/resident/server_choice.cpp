#include "agent/resident/server_choice.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::agent::resident {
namespace {

// "10.0.0.1:10809/debian" is also called "10.0.0.1:10809".
bool is_called(std::string_view name, std::string_view text) {
    return name == text || name.substr(0, name.find('/')) == text;
}

}  // namespace

std::vector<std::string> server_names(const Plan& plan) {
    std::vector<std::string> names;
    for (const auto* const servers : {&plan.servers, &plan.barred}) {
        for (const attach::Server& server : *servers) {
            names.push_back(attach::describe(server.target));
        }
    }
    return names;
}

Result<std::size_t> choose_server(const Plan& plan, std::string_view text) {
    const std::vector<std::string> names = server_names(plan);
    const auto named = std::find_if(names.begin(), names.end(),
                                    [&](const std::string& name) { return is_called(name, text); });
    auto index = static_cast<std::size_t>(named - names.begin());
    if (const auto number = base::parse_decimal(text, names.size()); number && *number > 0) {
        index = static_cast<std::size_t>(*number) - 1;
    }
    if (index >= names.size()) {
        return fail("choose", "server",
                    cat("no server is '", base::printable(text, 64), "'; of ", names.size(),
                        " servers the first is ", names.front(), ", status lists them"));
    }
    if (index < plan.servers.size()) return index;
    return fail("choose", "server",
                cat(names[index],
                    " may not be used: this root is writable, and another server's copy would lack "
                    "what this one has acknowledged (nbdroot.failover=rw allows it)"));
}

}  // namespace nbdroot::agent::resident
