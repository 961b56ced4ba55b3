// What this boot knows of its image, over all its session processes, and of the server that it has
// it from.
#pragma once

#include <optional>
#include <string>

#include "agent/attach/negotiate.h"
#include "agent/resident/notes.h"
#include "agent/resident/plan.h"

namespace nbdroot::agent::resident {

class KnownImage {
public:
    // As PLAN began with it and the processes before this one have learned it.
    KnownImage(const Plan& plan, Notes notes);

    // What the next connection must offer.
    [[nodiscard]] const attach::Identity& identity() const { return known_.identity; }
    // Of the server of the last connection; empty: not told.
    [[nodiscard]] const std::string& software() const { return known_.software; }

    // The device is about to use CONNECTION: noted before it writes there. By the bare name the
    // process after this one would begin with a fresh overlay.
    void expect(const attach::Connection& connection);
    // It does use it, or does not.
    void keep();
    void forget();

private:
    struct Known {
        attach::Identity identity;
        std::string software;
    };

    void note(const attach::Identity& identity);

    Notes notes_;
    Known known_;
    std::optional<Known> expected_;
};

}  // namespace nbdroot::agent::resident
