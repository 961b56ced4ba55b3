// What happened in a run: each event where somebody reads along, and the first thing that was
// wrong.
#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "lib/base/text.h"
#include "tests/sim/random.h"
#include "tests/sim/schedule.h"

namespace nbdroot::sim {

class Journal {
public:
    Journal(const Schedule& schedule, bool tracing) : schedule_(schedule), tracing_(tracing) {}

    template <class... Pieces>
    void say(const Pieces&... pieces) {
        if (tracing_) print(cat(pieces...));
    }
    template <class... Pieces>
    void fail(const Pieces&... pieces) {
        if (failure_) return;
        failure_ = cat("at ", milliseconds(), " ms: ", pieces...);
        say("FAILED: ", *failure_);
    }
    [[nodiscard]] const std::optional<std::string>& failure() const { return failure_; }
    [[nodiscard]] std::int64_t milliseconds() const {
        return (schedule_.now() - Schedule().now()).count();
    }

private:
    void print(const std::string& text) const {
        std::printf("%9lld ms  %s\n", static_cast<long long>(milliseconds()), text.c_str());
    }

    const Schedule& schedule_;
    bool tracing_;
    std::optional<std::string> failure_;
};

// What every part of a run shares.
struct Env {
    Schedule schedule{};
    Random random;
    Journal journal;

    Env(std::uint64_t seed, bool tracing) : random(seed), journal(schedule, tracing) {}
    Env(const Env&) = delete;
    Env& operator=(const Env&) = delete;
};

}  // namespace nbdroot::sim
