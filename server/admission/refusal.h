// Why a client does not get the export that it asks for.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "lib/protocol/nbd/constants.h"

namespace nbdroot::server::admission {

enum class Refusal {
    unknown_export,
    not_allowed,     // its address
    limit,           // of connections
    in_use,          // the door has another writer, or knows that it was displaced
    image_replaced,  // it began on another image
    no_image,        // its own image cannot be opened
    script,          // the command before it said no
    machine,         // it names none, or not as it should
    overlay,         // its own cannot be had
    block_size,      // this way of asking cannot tell of large blocks
    draining
};
inline constexpr std::size_t kRefusals = 11;

[[nodiscard]] constexpr std::string_view name_of(Refusal refusal) {
    constexpr std::array<std::string_view, kRefusals> names{
        "unknown-export", "not-allowed", "limit",   "in-use",     "image-replaced", "no-image",
        "script",         "machine",     "overlay", "block-size", "draining"};
    return names[static_cast<std::size_t>(refusal)];
}

// What the protocol calls it.
[[nodiscard]] constexpr protocol::nbd::OptionReply reply_for(Refusal refusal) {
    using protocol::nbd::OptionReply;
    switch (refusal) {
        case Refusal::unknown_export:
            return OptionReply::error_unknown;
        case Refusal::block_size:
            return OptionReply::error_block_size_required;
        case Refusal::draining:
            return OptionReply::error_shutdown;
        case Refusal::not_allowed:
        case Refusal::limit:
        case Refusal::in_use:
        case Refusal::image_replaced:
        case Refusal::no_image:
        case Refusal::script:
        case Refusal::machine:
        case Refusal::overlay:
            break;
    }
    return OptionReply::error_policy;
}

}  // namespace nbdroot::server::admission
