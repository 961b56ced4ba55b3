#include "agent/exit/status.h"

#include <limits>

#include "lib/base/json_value.h"
#include "lib/base/text.h"

namespace nbdroot::agent::exit {
namespace {

constexpr std::string_view kFolder = "/dev/";
constexpr std::string_view kDriver = "nbd";

}  // namespace

std::optional<std::string> disk_of_source(std::string_view source) {
    if (!source.starts_with(kFolder)) return std::nullopt;
    source.remove_prefix(kFolder.size());
    if (!source.starts_with(kDriver)) return std::nullopt;
    const std::string_view disk = source.substr(0, source.find('p'));
    if (!base::parse_decimal(disk.substr(kDriver.size()), 32767)) return std::nullopt;
    return std::string(disk);
}

std::optional<Status> parse_status(std::string_view text) {
    const auto json = base::parse_json(text);
    if (!json) return std::nullopt;
    const auto disk = disk_of_source((*json)["device"].text());
    if (!disk) return std::nullopt;
    Status status{.disk = *disk,
                  .by_ioctl = (*json)["attach"].text() == "ioctl",
                  .is_over = (*json)["state"].text() == "over"};
    const JsonValue& limit = (*json)["shutdown_timeout_s"];
    const bool fits =
        limit.number() >= 0 && limit.number() <= std::numeric_limits<std::uint32_t>::max();
    if (limit.kind() == JsonValue::Kind::number && fits) {
        status.limit_seconds = static_cast<std::uint32_t>(limit.number());
    }
    return status;
}

}  // namespace nbdroot::agent::exit
