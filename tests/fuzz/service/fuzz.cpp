// Both ends of a service connection. The input's first byte says which: a client's bytes, which may
// come in pieces; a request; a server's header and its hashes.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/assert.h"
#include "lib/base/bytes.h"
#include "lib/protocol/service/request.h"
#include "lib/protocol/service/service_name.h"
#include "lib/protocol/service/window.h"
#include "server/service/conversation.h"

using namespace nbdroot;
using namespace nbdroot::protocol::service;

namespace {

void read_request(std::string_view text) {
    const auto request = parse_request(text);
    if (request) NBDROOT_ASSERT(parse_request(to_json(*request)) == *request);
    const auto subject = subject_of(text);
    if (subject) NBDROOT_ASSERT(reserved_name(*subject) == text);
}

// What is taken, and what is said, does not depend on how the bytes come.
Bytes talk(ByteView bytes, bool structured, std::size_t piece) {
    server::service::Conversation conversation(structured);
    Bytes said;
    Bytes held;
    while (!bytes.empty() && !conversation.over()) {
        const std::size_t count = std::min(piece, bytes.size());
        held.insert(held.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
        bytes = bytes.subspan(count);
        for (;;) {
            const std::size_t used = conversation.on_bytes(held);
            NBDROOT_ASSERT(used <= held.size());
            held.erase(held.begin(), held.begin() + static_cast<std::ptrdiff_t>(used));
            const Bytes out = conversation.take_output();
            // As long as nothing but windows is asked for, some replies are enough.
            if (said.size() < kWindowBytes) said.insert(said.end(), out.begin(), out.end());
            const auto request = conversation.take_request();
            if (request) {
                read_request(*request);
                conversation.answer(Status::done, request->substr(0, 100));
            }
            if (used == 0) break;
        }
    }
    said.resize(std::min<std::size_t>(said.size(), kWindowBytes));
    return said;
}

void read_answer(ByteView bytes) {
    if (bytes.size() < kHeaderBytes) return;
    const auto header = parse_header(bytes.first<kHeaderBytes>());
    if (header) NBDROOT_ASSERT(header->length_bytes <= kMaximumAnswer);
    const Hashes wanted{Algorithm::xxh3, 0, 2, 1};
    const auto hashes = parse_hashes(base::as_text(bytes.subspan(kHeaderBytes)), wanted);
    if (hashes) NBDROOT_ASSERT(hashes->size() == 2);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const ByteView bytes = std::as_bytes(std::span(data, size)).subspan(1);
    switch (data[0] % 4) {
        case 0:
            read_request(base::as_text(bytes));
            break;
        case 1:
            read_answer(bytes);
            break;
        default:
            NBDROOT_ASSERT(talk(bytes, data[0] % 2 == 0, bytes.size()) ==
                           talk(bytes, data[0] % 2 == 0, 1 + data[0] / 4));
    }
    return 0;
}
