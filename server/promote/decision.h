// Whether an export's image can be promoted, and what has to be done for it. Pure, but for what
// open images say of themselves.
#pragma once

#include <functional>
#include <string>

#include "server/export/export_table.h"
#include "server/promote/image_swap.h"
#include "server/promote/order.h"

namespace nbdroot::server::promote {

struct Decision {
    SwapOrder swap{};
    std::vector<std::string> exports{};  // that have the image under this path
};

// PATH_OF tells the name that a former image has; empty: none.
[[nodiscard]] Result<Decision> decide(
    const export_::ExportTable& table, const Order& order,
    const std::function<std::string(const export_::Export&)>& path_of);

}  // namespace nbdroot::server::promote
