// One error value for everything that peers, configuration and the kernel can do to us.
//
// It says what failed (operation), on what (object) and why (reason); what happens next is added by
// whoever decides it. Our own bugs are not errors: they are NBDROOT_ASSERT.
#pragma once

#include <string>

namespace nbdroot::base {

struct Error {
    std::string operation;  // "connect", "open", "negotiate": a verb, or the stage
    std::string object;     // "10.0.0.1:10809", "/srv/debian.img"; may be empty
    std::string reason;     // "Connection refused"; never empty, no full stop
    int code = 0;           // errno where the kernel gave one, else 0

    // "connect 10.0.0.1:10809: Connection refused"
    [[nodiscard]] std::string message() const;

    bool operator==(const Error&) const = default;
};

}  // namespace nbdroot::base

namespace nbdroot {
using base::Error;
}
