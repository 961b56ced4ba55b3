// nbd-server's authfile: the addresses and networks that may come in, one a line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/config/allow_list.h"

namespace nbdroot::server::config {

struct ParsedAllowFile {
    AllowList allow;
    std::vector<std::string> complaints;  // "FILE:LINE: what is wrong", all of them
};

// Blank lines and what follows a # do not count. A text without addresses admits nobody.
[[nodiscard]] ParsedAllowFile parse_allow_file(std::string_view text, const std::string& file);

}  // namespace nbdroot::server::config
