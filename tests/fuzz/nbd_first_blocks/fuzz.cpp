// A server's replies against FirstBlocks: whole and in pieces they must mean the same, and what is
// believed must be what was asked for.
//
// Input: one byte for the size of the pieces, then what the server sends for a disk of 1024 bytes
// that takes 512 of them per request.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/attach/first_blocks.h"
#include "agent/attach/identity.h"
#include "lib/base/assert.h"

namespace nbdroot::agent::attach {
namespace {

constexpr std::size_t kDiskBytes = 1024;
constexpr std::size_t kRequestBytes = 512;

struct Transcript {
    FirstBlocks::Outcome outcome;
    Bytes output;
};

const protocol::nbd::ExportInfo kInfo{
    .size_bytes = kDiskBytes,
    .block_sizes = protocol::nbd::BlockSizes{.maximum_payload = kRequestBytes}};

Transcript run(ByteView input, std::size_t piece) {
    FirstBlocks blocks(kInfo, "peer");
    while (!input.empty()) {
        const ByteView part = input.first(std::min(piece, input.size()));
        input = input.subspan(part.size());
        blocks.on_bytes(part);
    }
    blocks.on_end();
    return {blocks.outcome(), blocks.take_output()};
}

std::string summary(const FirstBlocks::Outcome& outcome) {
    if (const auto* broken = std::get_if<FirstBlocks::Broken>(&outcome)) {
        // How much of a surplus was seen depends on the pieces.
        return broken->error.reason.substr(0, broken->error.reason.find_first_of("0123456789"));
    }
    if (const auto* unreadable = std::get_if<FirstBlocks::Unreadable>(&outcome)) {
        return unreadable->error.message();
    }
    const auto* read = std::get_if<FirstBlocks::Read>(&outcome);
    NBDROOT_ASSERT(read != nullptr && read->bytes.size() == kDiskBytes);
    const Identity identity = identity_of(kInfo, "", read->bytes);
    NBDROOT_ASSERT(!difference(identity, identity));
    return "read";
}

}  // namespace
}  // namespace nbdroot::agent::attach

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::agent::attach;
    if (size == 0) return 0;
    const auto input = std::as_bytes(std::span(data, size)).subspan(1);
    const Transcript whole = run(input, SIZE_MAX);
    const Transcript pieces = run(input, std::size_t{data[0]} + 1);
    NBDROOT_ASSERT(summary(whole.outcome) == summary(pieces.outcome));
    NBDROOT_ASSERT(whole.output == pieces.output);
    return 0;
}
