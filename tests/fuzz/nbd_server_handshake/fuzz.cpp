// A client's bytes against ServerHandshake: whole and in pieces they must mean the same.
//
// Input: one byte for the size of the pieces, then what the client sends. A name that begins with
// 'x' is refused, any other is an export.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "lib/base/assert.h"
#include "lib/protocol/nbd/server_handshake.h"

namespace nbdroot::protocol::nbd {
namespace {

struct Transcript {
    Bytes output;
    std::string events;
    std::size_t consumed = 0;

    bool operator==(const Transcript&) const = default;
};

void answer(ServerHandshake& server, const ServerHandshake::ExportWanted& question) {
    NBDROOT_ASSERT(question.name.size() <= kMaximumString);
    if (question.name.starts_with('x')) {
        return server.refuse_export(OptionReply::error_unknown, "unknown");
    }
    server.accept_export({.size_bytes = 4096,
                          .transmission_flags = 1,
                          .block_sizes = BlockSizes{1, 4096, kMaximumPayload},
                          .canonical_name = "canonical",
                          .description = "description"});
}

void answer(ServerHandshake& server, const ServerHandshake::Event& event, Transcript& seen) {
    seen.events += static_cast<char>('0' + event.index());
    if (const auto* question = std::get_if<ServerHandshake::ExportWanted>(&event)) {
        seen.events += question->name;
        answer(server, *question);
    } else if (std::holds_alternative<ServerHandshake::ListWanted>(event)) {
        server.answer_list({"", "debian"});
    } else if (const auto* closed = std::get_if<ServerHandshake::Closed>(&event)) {
        seen.events += closed->reason;
    } else {
        const Features& features = server.features();
        NBDROOT_ASSERT(features.structured_replies || !features.block_status);
        seen.events += features.block_status ? "s" : features.structured_replies ? "r" : "";
    }
}

Transcript run(ByteView input, std::size_t piece) {
    ServerHandshake server;
    Transcript seen;
    std::size_t given = 0;
    for (;;) {
        const ByteView unread = input.first(given).subspan(seen.consumed);
        const std::size_t taken = server.on_bytes(unread);
        NBDROOT_ASSERT(taken <= unread.size());
        seen.consumed += taken;
        const auto event = server.take_event();
        if (event) answer(server, *event, seen);
        ByteWriter(seen.output).bytes(server.take_output());
        if (event) continue;
        if (given == input.size()) return seen;
        given += std::min(piece, input.size() - given);
    }
}

}  // namespace
}  // namespace nbdroot::protocol::nbd

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nbdroot::protocol::nbd;
    if (size == 0) return 0;
    const auto input = std::as_bytes(std::span(data, size)).subspan(1);
    const std::size_t piece = std::size_t{data[0]} + 1;
    NBDROOT_ASSERT(run(input, SIZE_MAX) == run(input, piece));
    return 0;
}
