#include "agent/attach/negotiate.h"

#include "lib/base/text.h"
#include "lib/protocol/nbd/export_description.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::size_t kExportNameShown = 64;

}  // namespace

std::string software_of(const Connection& connection) {
    return protocol::nbd::parse_export_description(connection.info.description).software;
}

std::string describe(const config::Target& server) {
    const bool is_v6 = server.host.find(':') != std::string::npos;
    std::string text = is_v6 ? cat("[", server.host, "]") : server.host;
    text += cat(":", server.port);
    if (!server.export_name.empty()) {
        text += cat("/", base::printable(server.export_name, kExportNameShown));
    }
    return text;
}

}  // namespace nbdroot::agent::attach
