// Which boot of a machine uses an export: what it is told, and comes back with.
#pragma once

#include <string>

#include "server/export/export_table.h"

namespace nbdroot::server::admission {

// FOUND's canonical name; it has an image and a boot token.
[[nodiscard]] std::string canonical_name(const export_::ExportTable::Found& found);

[[nodiscard]] std::string new_token();

// A token for the boot that begins now; empty where the name with it would be too long.
[[nodiscard]] std::string new_boot_token(export_::ExportTable::Found found);

}  // namespace nbdroot::server::admission
