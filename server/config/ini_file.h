// One file of the configuration.
#pragma once

#include <string_view>
#include <vector>

#include "server/config/generic_keys.h"
#include "server/config/remarks.h"

namespace nbdroot::server::config {

struct FileExport {
    ExportConfig config;
    int line;
};

// Where in the main file it is said.
struct GenericLines {
    int include_directory = 1;
    int account = 1;
    int state_directory = 1;
};

struct ParsedFile {
    std::vector<FileExport> exports{};
    GenericLines generic{};
    int last_line = 1;  // of the last section
};

// [generic] comes first.
[[nodiscard]] ParsedFile parse_main_file(std::string_view text, Generic& generic, Remarks& remarks);

// There is no [generic]; the main file's counts.
[[nodiscard]] ParsedFile parse_included_file(std::string_view text, const Generic& generic,
                                             Remarks& remarks);

}  // namespace nbdroot::server::config
