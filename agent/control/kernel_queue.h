// The requests that a block driver has, as debugfs shows them. Pure.
#pragma once

#include <cstddef>
#include <string_view>

#include "lib/base/json.h"

namespace nbdroot::agent::control {

// The requests of /sys/kernel/debug/block/nbdN/hctxM/busy (block/blk-mq-debugfs.c) as objects of an
// array: {"operation":"READ","state":"in_flight","tag":"23"}. Lines of another form are left out,
// and what comes after kMostQueued.
inline constexpr std::size_t kMostQueued = 256;
void write_queue(base::JsonWriter& json, std::string_view busy);

}  // namespace nbdroot::agent::control
