#include "lib/protocol/nbd/canonical_name.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::protocol::nbd {
namespace {

// No locale decides what a letter is.
bool is_allowed(char character) {
    return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'z') ||
           (character >= 'A' && character <= 'Z') || character == '_' || character == '-';
}

}  // namespace

bool is_identifier(std::string_view text) {
    return !text.empty() && text.size() <= kMaximumIdentifier &&
           std::all_of(text.begin(), text.end(), is_allowed);
}

std::optional<CanonicalName> parse_canonical_name(std::string_view text) {
    const std::size_t at = text.rfind('@');
    if (at == std::string_view::npos) return std::nullopt;
    const std::string_view tail = text.substr(at + 1);
    const std::size_t dot = tail.find('.');
    if (dot == std::string_view::npos) return std::nullopt;
    const std::string_view image_id = tail.substr(0, dot);
    const std::string_view boot_token = tail.substr(dot + 1);
    if (!is_identifier(image_id) || !is_identifier(boot_token)) return std::nullopt;
    return CanonicalName{.export_name = std::string(text.substr(0, at)),
                         .image_id = std::string(image_id),
                         .boot_token = std::string(boot_token)};
}

std::string to_text(const CanonicalName& name) {
    return cat(name.export_name, '@', name.image_id, '.', name.boot_token);
}

}  // namespace nbdroot::protocol::nbd
