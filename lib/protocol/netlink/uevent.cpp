#include "lib/protocol/netlink/uevent.h"

#include "lib/base/text.h"

namespace nbdroot::protocol::netlink {
namespace {

bool take(std::string_view field, std::string_view key, std::string& value) {
    if (!field.starts_with(key)) return false;
    value = field.substr(key.size());
    return true;
}

}  // namespace

std::optional<Uevent> parse_uevent(ByteView datagram) {
    const std::string_view text = base::as_text(datagram);
    if (text.empty() || text.back() != '\0') return std::nullopt;
    const auto fields = base::split(text.substr(0, text.size() - 1), '\0');
    const std::size_t at = fields.front().find('@');
    if (at == std::string_view::npos) return std::nullopt;
    Uevent event;
    for (const std::string_view field : fields) {
        if (take(field, "ACTION=", event.action) || take(field, "DEVPATH=", event.device_path) ||
            take(field, "SUBSYSTEM=", event.subsystem)) {
            continue;
        }
        take(field, "DEVNAME=", event.device_name);
    }
    if (event.action.empty() || event.device_path.empty()) return std::nullopt;
    return event;
}

}  // namespace nbdroot::protocol::netlink
