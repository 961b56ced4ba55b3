// What operators are told about the overlays of machines. Pure.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "server/machines/machine_view.h"

namespace nbdroot::server::control {

// Where the image lies on which an overlay was begun; empty: it has no name that the server knows.
using ImagePath = std::function<std::string(const machines::MachineView&)>;

[[nodiscard]] std::string overlays_document(const std::vector<machines::MachineView>& overlays,
                                            const ImagePath& image_path);

}  // namespace nbdroot::server::control
