// What a reload changes, for the log and for whoever asked for it. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "server/config/config.h"

namespace nbdroot::server::reload {

// An export before or after.
struct Served {
    config::ExportConfig config;
    std::string description;       // "/srv/debian.img as 'debian', 4.0 GiB, read-only, …"
    const void* target = nullptr;  // which one it is; null: one for each address
    std::size_t users = 0;
};

// One line each: what is new, what is gone, what has another image, what has other settings.
[[nodiscard]] std::vector<std::string> changes(const std::vector<Served>& before,
                                               const std::vector<Served>& after);

// One line for each setting of the whole server that is other than at start and cannot change while
// it runs. STARTED and WANTED are without their exports.
[[nodiscard]] std::vector<std::string> settings_for_next_start(const config::Config& started,
                                                               const config::Config& wanted);

}  // namespace nbdroot::server::reload
