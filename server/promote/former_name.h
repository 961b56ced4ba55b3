// What an image is called after another one has taken its name: IMAGE.<its id>.former, beside it.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nbdroot::server::promote {

// "/srv/debian.img.0123456789abcdef0123456789abcdef.former"
[[nodiscard]] std::string former_path(const std::string& image_path, const std::string& image_id);

// The id of a file that is called NAME beside an image that is called IMAGE; nothing: it is no
// former one of that.
[[nodiscard]] std::optional<std::string> id_of_former(std::string_view name,
                                                      std::string_view image);

// NAME is that of a former image of whatever image.
[[nodiscard]] bool is_former_name(std::string_view name);

// "/srv" of "/srv/debian.img", "." of "debian.img", and "debian.img" of both.
[[nodiscard]] std::string directory_of(const std::string& path);
[[nodiscard]] std::string name_of(const std::string& path);

}  // namespace nbdroot::server::promote
