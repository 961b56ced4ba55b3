// From the command line to what is to be served: configuration read, images open, nothing running.
#pragma once

#include <string>
#include <vector>

#include "lib/base/log.h"
#include "server/config/config.h"
#include "server/config/options.h"
#include "server/exit_status.h"
#include "server/storage/image.h"

namespace nbdroot::server {

struct PlannedExport {
    config::ExportConfig config;
    storage::Image image;
    std::string image_id;  // of the configuration, or computed
};

struct Plan {
    std::vector<config::Endpoint> listen;
    std::vector<PlannedExport> exports;
    std::string state_directory{};  // empty: nothing is remembered
};

// Every complaint is logged; ExitStatus says of what kind the gravest was.
[[nodiscard]] tl::expected<Plan, ExitStatus> make_plan(const config::Options& options,
                                                       const Log& log);

// "/srv/debian.img as '' and 'debian.img', 4.0 GiB, writable"
[[nodiscard]] std::string describe(const PlannedExport& planned);

}  // namespace nbdroot::server
