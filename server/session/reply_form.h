// How a client gets its answers: in simple replies, or in chunks where it agreed on structured
// replies.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/protocol/nbd/export_info.h"
#include "lib/protocol/nbd/structured_reply.h"
#include "lib/protocol/nbd/transmission.h"

namespace nbdroot::server::session {

class ReplyForm {
public:
    using Request = protocol::nbd::Request;
    using ErrorNumber = protocol::nbd::ErrorNumber;

    // A piece of the data that READ asks for.
    struct Part {
        Request request;
        std::uint32_t begin_bytes = 0;  // in what was asked for
        std::uint32_t length_bytes = 0;

        [[nodiscard]] std::uint64_t offset_bytes() const {
            return request.offset_bytes + begin_bytes;
        }
        [[nodiscard]] bool is_last() const {
            return begin_bytes + length_bytes == request.length_bytes;
        }
    };
    [[nodiscard]] static Part whole(const Request& request) {
        return {.request = request, .length_bytes = request.length_bytes};
    }

    ReplyForm() = default;
    explicit ReplyForm(const protocol::nbd::Features& features) : features_(features) {}

    [[nodiscard]] ErrorNumber check(const Request& request,
                                    const protocol::nbd::ExportInfo& info) const {
        return protocol::nbd::check_request(request, info, features_);
    }

    [[nodiscard]] bool is_structured() const { return features_.structured_replies; }

    // What stands before the data of PART: a chunk's header each time, or a simple reply's before
    // the first.
    [[nodiscard]] std::size_t header_size(const Part& part) const {
        if (is_structured()) return protocol::nbd::kDataChunkSize;
        return part.begin_bytes == 0 ? protocol::nbd::kSimpleReplySize : 0;
    }
    void put_header(const Part& part, ByteSpan into) const;
    // DATA, all of PART, is better said than sent: it is nothing but zeroes, whatever the image's
    // file system knows of it.
    [[nodiscard]] bool is_hole(const Part& part, ByteView data) const;
    [[nodiscard]] static protocol::nbd::HoleChunkWire hole(const Part& part);

    // Without data: a simple reply, also among structured ones, wherever proto.md has no wish.
    [[nodiscard]] bool is_simple(const Request& request, ErrorNumber error) const {
        return !is_structured() ||
               (error == ErrorNumber::none && request.command != protocol::nbd::Command::read);
    }
    // Else this. MESSAGE is for a person; it must not name what is the server's own, such as paths.
    [[nodiscard]] static Bytes chunk(const Request& request, ErrorNumber error,
                                     std::string_view message);
    // Why a request was refused before any work was done.
    [[nodiscard]] static std::string_view explain(ErrorNumber refused);

private:
    protocol::nbd::Features features_;
};

}  // namespace nbdroot::server::session
