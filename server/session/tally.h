// What has happened to clients since the server began: counters of the loop's thread, added up
// where somebody asks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "lib/protocol/nbd/constants.h"
#include "server/session/traffic.h"

namespace nbdroot::server::session {

// Why a client did not get the export that it asked for.
enum class Refusal {
    unknown_export,
    not_allowed,     // its address
    limit,           // of connections
    in_use,          // the door has another writer, or knows that it was displaced
    image_replaced,  // it began on another image
    no_image,        // its own image cannot be opened
    script,          // the command before it said no
    block_size,      // this way of asking cannot tell of large blocks
    draining
};
inline constexpr std::size_t kRefusals = 9;

[[nodiscard]] constexpr std::string_view name_of(Refusal refusal) {
    constexpr std::array<std::string_view, kRefusals> names{
        "unknown-export", "not-allowed", "limit",      "in-use",  "image-replaced",
        "no-image",       "script",      "block-size", "draining"};
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
            break;
    }
    return OptionReply::error_policy;
}

struct Tally {
    struct OfExport {
        std::uint64_t admitted = 0;
        Traffic ended{};  // of clients that have gone; the others have theirs
    };

    std::uint64_t connections = 0;  // accepted
    std::uint64_t handshakes_timed_out = 0;
    std::uint64_t handshakes_failed = 0;  // lost, or against the protocol
    std::array<std::uint64_t, kRefusals> refusals{};
    std::map<std::string, OfExport> exports{};  // by configured name

    void refused(Refusal refusal) { ++refusals[static_cast<std::size_t>(refusal)]; }
};

}  // namespace nbdroot::server::session
