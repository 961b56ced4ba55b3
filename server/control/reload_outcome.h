// What became of a reload: told to the operator who asked for it, and logged.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace nbdroot::server::control {

// One line each, as they are logged. With a complaint nothing has changed.
struct ReloadOutcome {
    std::vector<std::string> changes{};     // "export 'debian': now /srv/debian-2.img"
    std::vector<std::string> warnings{};    // what takes effect at the next start only
    std::vector<std::string> complaints{};  // why it could not be done

    [[nodiscard]] bool done() const { return complaints.empty(); }

    bool operator==(const ReloadOutcome&) const = default;
};

// Begins a reload; the outcome comes once, on the loop's thread, perhaps before this returns. Who
// calls while one is under way is told so by a complaint, or gets that one's outcome.
using Reload = std::function<void(std::function<void(const ReloadOutcome&)>)>;

}  // namespace nbdroot::server::control
