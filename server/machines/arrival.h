// A client that asks for an overlay.
#pragma once

#include <memory>
#include <string>

#include "server/admission/policy.h"
#include "server/export/export.h"

namespace nbdroot::server::machines {

struct Arrival {
    std::shared_ptr<const admission::Policy> policy{};  // with an overlay
    std::string machine{};                              // empty: it has named none
    // Of its boot. Of a machine without a name never empty; of others perhaps.
    std::string boot_token{};
    bool knows_token = false;  // it is told it, and may come back
    bool returns = false;      // it has come with its token
    // The image that it began on, if it returns; else the newest.
    std::shared_ptr<export_::Export> base{};
    std::string peer{};
    std::weak_ptr<const void> guest{};  // expired: it has left
};

}  // namespace nbdroot::server::machines
