// What the entrances of all clients share. Belongs to a loop.
#pragma once

#include <memory>

#include "server/admission/client_images.h"
#include "server/admission/command_queue.h"
#include "server/admission/head_count.h"
#include "server/admission/stay.h"

namespace nbdroot::server::admission {

struct Reception {
    // Without them exports that need them refuse everybody.
    std::unique_ptr<ClientImages> images{};
    std::unique_ptr<CommandQueue> before{};
    std::unique_ptr<CommandQueue> after{};

    HeadCount by_export{};
    HeadCount by_export_and_address{};
    Stay::Boots boots{};  // of exports with limits
};

}  // namespace nbdroot::server::admission
