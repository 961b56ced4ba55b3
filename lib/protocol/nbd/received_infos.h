// The INFO replies to one GO or INFO, checked one by one and put together.
// Source: proto.md, "NBD_REP_INFO (3)" and "Block size constraints".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/constants.h"
#include "lib/protocol/nbd/export_info.h"

namespace nbdroot::protocol::nbd {

// Kernels count bytes of a device in a signed 64-bit number.
[[nodiscard]] Result<void> check_size(std::uint64_t size_bytes);

class ReceivedInfos {
public:
    // The data of one INFO reply. Items that are unknown are ignored, as they must be; a repeated
    // one is an Error when it says something else.
    [[nodiscard]] Result<void> add(ByteView data);

    // The whole, once the server has said ACK. A maximum payload that is no multiple of the minimum
    // block size is rounded down to one.
    [[nodiscard]] Result<ExportInfo> finish() const;

private:
    struct Export {
        std::uint64_t size_bytes = 0;
        std::uint16_t transmission_flags = 0;
        bool operator==(const Export&) const = default;
    };

    [[nodiscard]] Result<void> add_export(ByteView data);
    [[nodiscard]] Result<void> add_block_sizes(ByteView data);

    std::optional<Export> export_;
    std::optional<BlockSizes> block_sizes_;
    std::optional<std::string> name_;
    std::optional<std::string> description_;
};

}  // namespace nbdroot::protocol::nbd
