#include "server/promote/former_name.h"

#include "lib/base/text.h"

namespace nbdroot::server::promote {
namespace {

constexpr std::string_view kSuffix = ".former";
constexpr std::size_t kDigits = 32;  // of a computed id (storage/image_id.h)

}  // namespace

std::string former_path(const std::string& image_path, const std::string& image_id) {
    return cat(image_path, '.', image_id, kSuffix);
}

std::optional<std::string> id_of_former(std::string_view name, std::string_view image) {
    if (name.size() != image.size() + 1 + kDigits + kSuffix.size()) return std::nullopt;
    if (!name.starts_with(image) || name[image.size()] != '.') return std::nullopt;
    if (!name.ends_with(kSuffix)) return std::nullopt;
    const std::string_view id = name.substr(image.size() + 1, kDigits);
    if (id.find_first_not_of("0123456789abcdef") != std::string_view::npos) return std::nullopt;
    return std::string(id);
}

bool is_former_name(std::string_view name) {
    constexpr std::size_t kMore = 1 + kDigits + kSuffix.size();
    return name.size() > kMore &&
           id_of_former(name, name.substr(0, name.size() - kMore)).has_value();
}

std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_of(const std::string& path) {
    return path.substr(path.rfind('/') + 1);  // npos + 1 is 0
}

}  // namespace nbdroot::server::promote
