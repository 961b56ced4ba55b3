// An OverlayMap as bytes: its runs in ascending order, each as two numbers. Pure.
// A block that lies alone takes two bytes or three.
#pragma once

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "server/storage/overlay/overlay_map.h"

namespace nbdroot::server::storage::overlay {

[[nodiscard]] Bytes encode_snapshot(const OverlayMap& map);

// The Error says at which byte it makes no sense, and has no object.
[[nodiscard]] Result<OverlayMap> decode_snapshot(ByteView bytes, std::uint64_t blocks);

}  // namespace nbdroot::server::storage::overlay
