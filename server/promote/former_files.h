// The former images that lie beside an image, as they are found at a start or a reload.
//
// promote (image_swap.h) makes the second name of the present image before it gives the first one
// to another. Between the two steps, and for ever if the server dies there, a former name leads to
// the image that is present still: that name is left over, and means nothing.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/storage/image.h"

namespace nbdroot::server::promote {

// The id of an image that was computed before.
using IdOf = std::function<std::optional<std::string>(const storage::Image&)>;

struct FormerImage {
    storage::Image image;  // under its former name
    std::string image_id;
};

struct FormerFiles {
    std::vector<FormerImage> images{};     // the last one that was replaced comes first
    std::vector<std::string> leftovers{};  // names of PRESENT
    std::vector<std::string> warnings{};   // what cannot be used, and why; one line each
};

// Of PRESENT, whose id is computed. KNOWN (may be empty) saves reading. Waits for the disk.
[[nodiscard]] FormerFiles find_former_files(const storage::Image& present, const IdOf& known);

}  // namespace nbdroot::server::promote
