// This machine's part of an export's name.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::agent::config {

// What is known of this machine; empty: not known.
struct Identity {
    std::string mac;          // %m, "52:54:00:12:34:56"
    std::string host_name;    // %h
    std::string system_uuid;  // %u
    std::string serial;       // %s
    std::string address;      // %i, "10.0.2.15"
};

// EXPORT_NAME of a Target as it goes on the wire: %m %h %u %s %i are replaced by IDENTITY, %% by a
// percent sign. Refuses a placeholder that IDENTITY does not know and results that hold a zero byte
// or more than 4096 bytes.
[[nodiscard]] Result<std::string> expand_export(std::string_view export_name,
                                                const Identity& identity);

}  // namespace nbdroot::agent::config
