#include "lib/protocol/service/service_name.h"

#include "lib/base/text.h"

namespace nbdroot::protocol::service {

std::optional<std::string_view> subject_of(std::string_view name) {
    if (!is_reserved(name)) return std::nullopt;
    name.remove_prefix(kReservedPrefix.size());
    if (!name.starts_with(kVersion)) return std::nullopt;
    name.remove_prefix(kVersion.size());
    if (!name.starts_with(':')) return std::nullopt;
    return name.substr(1);
}

std::string reserved_name(std::string_view subject) {
    return cat(kReservedPrefix, kVersion, ":", subject);
}

}  // namespace nbdroot::protocol::service
