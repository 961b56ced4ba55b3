// What operators are told of the Merkle roots of images. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/control/statistics.h"

namespace nbdroot::server::control {

// Of all exports, or of one; each with its former images.
[[nodiscard]] std::string hash_document(const Statistics& statistics,
                                        const std::optional<std::string>& export_name);

[[nodiscard]] std::string_view name_of(merkle::RootState state);

}  // namespace nbdroot::server::control
