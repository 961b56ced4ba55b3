// What there is to say about a machine's overlay at one moment, for operators.
#pragma once

#include <cstdint>
#include <string>

#include "lib/base/time.h"
#include "server/config/overlay_config.h"

namespace nbdroot::server::machines {

struct MachineView {
    std::string export_name{};
    std::string machine{};  // empty: it has named none, and is known by its boot's token alone
    config::OverlayKind kind = config::OverlayKind::temporary;
    std::string image_id{};  // that it was begun on
    bool on_former = false;  // new boots of other machines get another image
    std::uint64_t used_bytes = 0;
    std::uint64_t quota_bytes = 0;  // 0: none
    bool connected = false;
    std::string peer{};        // of whom, or of who was last; empty: nobody since the server began
    std::string boot_token{};  // the first characters; empty: none is known
    bool reset_pending = false;
    std::string path{};  // of its files, without their endings
    Duration idle{};     // since it was connected last, or the server began
};

}  // namespace nbdroot::server::machines
