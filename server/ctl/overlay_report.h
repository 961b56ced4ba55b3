// What is wrong with an overlay, for people and for programs. Pure.
#pragma once

#include <string>

#include "server/storage/overlay/checker.h"

namespace nbdroot::server::ctl {

// Lines about the overlay PATH: what it is, and what is worth knowing; not its faults.
[[nodiscard]] std::string describe(const std::string& path,
                                   const storage::overlay::CheckReport& report);
// Its faults, a line each, without the last line's end.
[[nodiscard]] std::string faults_of(const std::string& path,
                                    const storage::overlay::CheckReport& report);
// One line of JSON.
[[nodiscard]] std::string to_json(const std::string& path,
                                  const storage::overlay::CheckReport& report);

}  // namespace nbdroot::server::ctl
