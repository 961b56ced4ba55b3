// What the keys of an export mean together.
#pragma once

#include <functional>
#include <string_view>

#include "server/config/export_keys.h"
#include "server/config/remarks.h"

namespace nbdroot::server::config {

struct ExportSurroundings {
    int line;                                          // of the section
    std::function<int(std::string_view key)> line_of;  // the section's, if the key is not there
    bool runs_scripts;
};

// Completes the draft's configuration.
void check_export(ExportDraft& draft, const ExportSurroundings& around, Remarks& remarks);

}  // namespace nbdroot::server::config
