// What the entrances of all clients share. Belongs to a loop.
#pragma once

#include <memory>

#include "server/admission/client_images.h"
#include "server/admission/head_count.h"
#include "server/admission/image_uses.h"
#include "server/admission/stay.h"
#include "server/machines/machines.h"

namespace nbdroot::server::admission {

struct Reception {
    // They outlive whatever may still hold a place in them.
    HeadCount by_export{};
    HeadCount by_export_and_address{};
    Stay::Boots boots{};  // of exports with limits

    // Without them exports that need them refuse everybody.
    std::unique_ptr<ClientImages> images{};
    std::shared_ptr<ImageUses> uses{};
    std::shared_ptr<machines::Machines> machines{};
};

}  // namespace nbdroot::server::admission
