// How the nbd driver reads replies: a header, and the data where a READ succeeded.
#pragma once

#include <optional>

#include "lib/protocol/nbd/transmission.h"
#include "tests/sim/byte_queue.h"

namespace nbdroot::sim {

class ReplyReader {
public:
    struct Reply {
        protocol::nbd::SimpleReply header;
        Bytes data;
    };
    enum class Found { nothing, reply, garbage };

    ByteQueue bytes{};

    // DATA_BYTES_OF(header): how many follow; nullopt: there is no such request.
    template <class DataBytesOf>
    Found next(Reply& reply, DataBytesOf data_bytes_of) {
        using protocol::nbd::kSimpleReplySize;
        if (bytes.size() < kSimpleReplySize) return Found::nothing;
        const auto header =
            protocol::nbd::parse_simple_reply(bytes.view().first<kSimpleReplySize>());
        if (!header) return Found::garbage;
        const std::optional<std::uint32_t> data_bytes = data_bytes_of(*header);
        if (!data_bytes) return Found::garbage;
        if (bytes.size() - kSimpleReplySize < *data_bytes) return Found::nothing;
        const ByteView data = bytes.view().subspan(kSimpleReplySize, *data_bytes);
        reply = {.header = *header, .data = Bytes(data.begin(), data.end())};
        bytes.pop(kSimpleReplySize + *data_bytes);
        return Found::reply;
    }
};

}  // namespace nbdroot::sim
