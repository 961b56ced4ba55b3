// What became of the wish that a new program takes over: told to the operator who asked for it,
// and logged.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace nbdroot::server::control {

struct RestartOutcome {
    std::string program{};  // what will take over
    // Why nothing has changed; none: clients are being let go.
    std::vector<std::string> complaints{};

    [[nodiscard]] bool has_begun() const { return complaints.empty(); }

    bool operator==(const RestartOutcome&) const = default;
};

// The outcome comes once, on the loop's thread, perhaps before this returns.
using Restart = std::function<void(std::function<void(const RestartOutcome&)>)>;

}  // namespace nbdroot::server::control
