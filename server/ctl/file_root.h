// The Merkle root of a file or block device, computed here: to be compared with a server's.
#pragma once

#include <tl/expected.hpp>

#include "server/ctl/exit_status.h"
#include "server/ctl/options.h"

namespace nbdroot::server::ctl {

[[nodiscard]] tl::expected<void, Complaint> hash_file(const Options& options);

}  // namespace nbdroot::server::ctl
