// What promote and rollback are asked to do, and what they have done.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lib/base/result.h"

namespace nbdroot::server::promote {

struct Order {
    std::string export_name;                // as configured
    std::optional<std::string> new_path{};  // nothing: back to the image before
};

struct Promoted {
    std::string export_name{};
    std::string path{};  // of the image
    std::string image_id{};
    std::string former_id{};
    std::string former_path{};
    std::string warning{};  // what is not as it should be though it was done; else empty
};

// DONE is called on the loop's thread, once, now or later.
using Done = std::function<void(const Result<Promoted>&)>;
using Promote = std::function<void(const Order&, const Done&)>;

}  // namespace nbdroot::server::promote
