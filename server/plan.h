// From the command line to what is to be served: configuration read, images open, nothing running.
//
// Made at start, by --check, and for a reload in the running server: there on another thread than
// the loop's.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/log.h"
#include "lib/sys/account.h"
#include "server/config/config.h"
#include "server/config/options.h"
#include "server/exit_status.h"
#include "server/promote/former_files.h"
#include "server/storage/image.h"

namespace nbdroot::server {

struct PlannedExport {
    // `allow` is there if anybody is kept out: the allow file has been read into it.
    config::ExportConfig config;
    std::optional<storage::Image> image;  // absent: a pattern, each client has its own
    std::string image_id{};               // of the configuration, or computed; of a pattern: empty
    std::vector<promote::FormerImage> former{};  // that it was before, the last one first
};

struct Plan {
    config::Config config{};  // what was said, but its exports are here:
    std::vector<PlannedExport> exports{};
    std::string state_directory{};          // empty: nothing is remembered
    std::optional<sys::Account> account{};  // to become once everything is open
};

// The id of an image that is being served already, which is then not computed again.
using KnownIds = promote::IdOf;

// What a reload goes on with.
struct Running {
    KnownIds known{};  // absent: nothing runs yet
    std::string state_directory{};
};

// Every complaint and note is logged; ExitStatus says of what kind the gravest was. Images are
// opened, and not claimed: a running server plans what it serves already.
[[nodiscard]] tl::expected<Plan, ExitStatus> make_plan(const config::Options& options,
                                                       const Log& log, const Running& running = {});

// "/srv/debian.img as '' and 'debian.img', 4.0 GiB, writable"
[[nodiscard]] std::string describe(const PlannedExport& planned);
// Without a size it has an image for each address.
[[nodiscard]] std::string describe(const config::ExportConfig& config,
                                   const std::optional<std::uint64_t>& size_bytes,
                                   const std::string& image_id);

}  // namespace nbdroot::server
