#include "agent/control/kernel_queue.h"

#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

// What stands behind KEY in " {.op=READ, .state=in_flight, .tag=3, ...}".
std::string field(std::string_view line, std::string_view key) {
    const std::size_t at = line.find(key);
    if (at == std::string_view::npos) return {};
    const std::string_view rest = line.substr(at + key.size());
    return base::printable(rest.substr(0, rest.find_first_of(",}")), 32);
}

}  // namespace

void write_queue(base::JsonWriter& json, std::string_view busy) {
    std::size_t count = 0;
    for (const std::string_view line : base::split(busy, '\n')) {
        const std::string operation = field(line, "{.op=");
        if (operation.empty() || count++ >= kMostQueued) continue;
        json.begin_object();
        json.member("operation", operation);
        json.member("state", field(line, " .state="));
        json.member("tag", field(line, " .tag="));
        json.end_object();
    }
}

}  // namespace nbdroot::agent::control
