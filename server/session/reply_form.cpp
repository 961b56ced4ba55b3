#include "server/session/reply_form.h"

#include <cstring>

#include "server/session/limits.h"

namespace nbdroot::server::session {
namespace {

namespace nbd = protocol::nbd;

nbd::Content content_of(const ReplyForm::Part& part) {
    return {.cookie = part.request.cookie,
            .offset_bytes = part.offset_bytes(),
            .length_bytes = part.length_bytes};
}

nbd::Last last_of(const ReplyForm::Part& part) {
    return part.is_last() ? nbd::Last::yes : nbd::Last::no;
}

template <class Wire>
void put(const Wire& wire, ByteSpan into) {
    std::memcpy(into.first(sizeof wire).data(), &wire, sizeof wire);
}

// Each byte equals the one before it. Data differs early, so that this costs next to nothing.
bool all_zero(ByteView bytes) {
    return bytes.front() == std::byte{0} &&
           std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

void ReplyForm::put_header(const Part& part, ByteSpan into) const {
    if (is_structured()) return put(nbd::data_chunk(content_of(part), last_of(part)), into);
    if (part.begin_bytes == 0) {
        put(nbd::encode(nbd::SimpleReply{.cookie = part.request.cookie}), into);
    }
}

bool ReplyForm::is_hole(const Part& part, ByteView data) const {
    return is_structured() && part.length_bytes >= kHoleWorthSaying && all_zero(data);
}

nbd::HoleChunkWire ReplyForm::hole(const Part& part) {
    return nbd::hole_chunk(content_of(part), last_of(part));
}

Bytes ReplyForm::chunk(const Request& request, ErrorNumber error, std::string_view message) {
    if (error != ErrorNumber::none) {
        return nbd::error_chunk({.cookie = request.cookie, .error = error, .message = message});
    }
    const nbd::ChunkHeaderWire done = nbd::done_chunk(request.cookie);
    const auto bytes = std::as_bytes(std::span(&done, 1));
    return {bytes.begin(), bytes.end()};
}

std::string_view ReplyForm::explain(ErrorNumber refused) {
    switch (refused) {
        case ErrorNumber::permission:
            return "the export is read-only";
        case ErrorNumber::no_space:
            return "beyond the end of the export";
        case ErrorNumber::overflow:
            return "too long to be sent in one piece";
        case ErrorNumber::invalid:
            return "unknown command or flag, or a range that this export does not have";
        default:
            return "";
    }
}

}  // namespace nbdroot::server::session
