// What servers serve, in memory that outlives them: the page cache of the machine they run on.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/bytes.h"

namespace nbdroot::sim {

inline const std::string kExportName = "root";

struct Image {
    std::string id;
    Bytes bytes;
    bool is_read_only = false;
};

}  // namespace nbdroot::sim
