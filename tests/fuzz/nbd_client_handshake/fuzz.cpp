// A server's bytes against ClientHandshake: whole and in pieces they must mean the same, and what
// is believed must make sense.
//
// Input: one byte for the decoy, the goal and the size of the pieces, then what the server sends.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/client_handshake.h"

namespace nbdroot::protocol::nbd {
namespace {

struct Transcript {
    ClientHandshake::Outcome outcome;
    Bytes output;
};

Transcript run(ByteView input, ClientHandshake::Options options, std::size_t piece) {
    ClientHandshake client(std::move(options));
    while (!input.empty()) {
        if (!std::holds_alternative<ClientHandshake::InProgress>(client.outcome())) break;
        const ByteView part = input.first(std::min(piece, input.size()));
        input = input.subspan(part.size());
        client.on_bytes(part);
    }
    client.on_end();
    return {client.outcome(), client.take_output()};
}

void check_ready(const ExportInfo& info, ClientHandshake::Goal goal) {
    NBDROOT_ASSERT(info.size_bytes <= INT64_MAX);
    NBDROOT_ASSERT(info.size_bytes > 0 || goal == ClientHandshake::Goal::info);
    NBDROOT_ASSERT(info.canonical_name.size() <= kMaximumString);
    NBDROOT_ASSERT(info.description.size() <= kMaximumString);
    if (!info.block_sizes) return;
    const BlockSizes& sizes = *info.block_sizes;
    NBDROOT_ASSERT(std::has_single_bit(sizes.minimum) && std::has_single_bit(sizes.preferred));
    NBDROOT_ASSERT(sizes.minimum <= sizes.preferred && sizes.maximum_payload >= sizes.minimum);
}

void check(const Transcript& seen, ClientHandshake::Goal goal) {
    NBDROOT_ASSERT(!std::holds_alternative<ClientHandshake::InProgress>(seen.outcome));
    if (const auto* ready = std::get_if<ClientHandshake::Ready>(&seen.outcome)) {
        check_ready(ready->info, goal);
    } else if (const auto* refused = std::get_if<ClientHandshake::Refused>(&seen.outcome)) {
        NBDROOT_ASSERT(!refused->error.reason.empty());
        for (const char c : refused->error.message()) NBDROOT_ASSERT(c >= 0x20 && c < 0x7f);
    }
}

// Bytes behind Ready are an error, but seen only when they come in the same piece.
bool has_surplus(const Transcript& seen) {
    const auto* refused = std::get_if<ClientHandshake::Refused>(&seen.outcome);
    return refused != nullptr && refused->error.reason.find("nobody asked") != std::string::npos;
}

std::string summary(const Transcript& seen) {
    std::string text = std::to_string(seen.outcome.index());
    if (const auto* refused = std::get_if<ClientHandshake::Refused>(&seen.outcome)) {
        text += refused->error.message() + std::to_string(refused->known_exports.size());
    }
    return text;
}

}  // namespace
}  // namespace nbdroot::protocol::nbd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::protocol::nbd;
    if (size == 0) return 0;
    const auto input = std::as_bytes(std::span(data, size)).subspan(1);
    const auto goal = static_cast<ClientHandshake::Goal>(data[0] % 3);
    const ClientHandshake::Options options{
        .goal = goal, .export_name = "debian", .decoy_name = data[0] >= 128 ? "decoy" : ""};
    const Transcript whole = run(input, options, SIZE_MAX);
    const Transcript pieces = run(input, options, std::size_t{data[0]} / 3 + 1);
    check(whole, goal);
    check(pieces, goal);
    if (has_surplus(whole)) return 0;
    NBDROOT_ASSERT(summary(whole) == summary(pieces));
    NBDROOT_ASSERT(whole.output == pieces.output);
    return 0;
}
