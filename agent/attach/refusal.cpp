#include "agent/attach/refusal.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "agent/attach/negotiate.h"
#include "lib/base/text.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::size_t kNamesShown = 16;  // one log line; a person picks from few
constexpr std::size_t kNameBytesShown = 64;
constexpr std::size_t kCanonicalNameBytesShown = 128;

std::string quoted(const std::string& name) {
    return name.empty() ? "'' (the default)" : base::printable(name, kNameBytesShown);
}

std::string list_names(const std::vector<std::string>& names) {
    if (names.empty()) return "it lists none";
    std::string text = "it has: ";
    const std::size_t shown = std::min(names.size(), kNamesShown);
    for (std::size_t i = 0; i < shown; ++i) {
        if (i > 0) text += ", ";
        text += quoted(names[i]);
    }
    if (names.size() > shown) text += cat(" and ", names.size() - shown, " more");
    return text;
}

std::string missing_export(const std::string& name) {
    if (name.empty()) return "server has no default export";
    return cat("server has no export '", base::printable(name, kNameBytesShown), "'");
}

}  // namespace

Error explain(const protocol::nbd::ClientHandshake::Refused& refused, const config::Target& server,
              std::string_view canonical_name) {
    std::string reason = refused.error.reason;
    if (!canonical_name.empty() && refused.error.code == ENOENT) {
        reason = cat("does not serve this boot's image '",
                     base::printable(canonical_name, kCanonicalNameBytesShown), "': ", reason);
    } else if (refused.list_was_answered) {
        reason = cat(missing_export(server.export_name), "; ", list_names(refused.known_exports));
    }
    return Error{.operation = "negotiate",
                 .object = describe(server),
                 .reason = std::move(reason),
                 .code = refused.error.code};
}

}  // namespace nbdroot::agent::attach
