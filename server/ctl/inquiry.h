// What the server of a control socket answers.
#pragma once

#include <string>
#include <tl/expected.hpp>

#include "lib/base/json_value.h"
#include "lib/base/time.h"
#include "server/control/request.h"
#include "server/ctl/exit_status.h"

namespace nbdroot::server::ctl {

struct Reply {
    std::string text{};  // as it came
    JsonValue json{};
};

// How long it may take until REQUEST is answered.
[[nodiscard]] Duration limit_of(const control::Request& request);

// A Reply may be a refusal.
[[nodiscard]] tl::expected<Reply, Complaint> ask(const std::string& socket,
                                                 const control::Request& request, Duration limit);

}  // namespace nbdroot::server::ctl
