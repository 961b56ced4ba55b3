// Which refusals are worth a line: a machine that is refused asks again every second, for days.
//
// Of those to one address in the same words (numbers aside) the first is said, then one a minute.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "lib/base/time.h"

namespace nbdroot::server::session {

class RefusalLog {
public:
    static constexpr Duration kInterval = std::chrono::seconds(60);
    // When there are more, all are forgotten, and said anew.
    static constexpr std::size_t kMaximumKnown = 256;

    // PEER, an address with a port, was refused with REASON. What to add to the line; nothing: no
    // line.
    [[nodiscard]] std::optional<std::string> on_refusal(std::string_view peer,
                                                        std::string_view reason, Instant now);

private:
    struct Known {
        Instant said;
        unsigned unsaid = 0;
    };
    std::unordered_map<std::string, Known> known_;
};

}  // namespace nbdroot::server::session
