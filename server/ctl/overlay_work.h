// What is done with the files of an overlay, by this program.
#pragma once

#include <tl/expected.hpp>

#include "server/ctl/exit_status.h"
#include "server/ctl/options.h"

namespace nbdroot::server::ctl {

// OPTIONS with a job. What comes of it is written to standard output.
[[nodiscard]] tl::expected<void, Complaint> work(const Options& options);

}  // namespace nbdroot::server::ctl
