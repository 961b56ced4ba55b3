// What the small disk behind a reserved export name shows: a header, the answer to the last
// request, zeroes. A request is what is written to its beginning (docs/service.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "lib/base/bytes.h"
#include "lib/base/endian.h"
#include "lib/base/result.h"
#include "lib/protocol/nbd/export_info.h"

namespace nbdroot::protocol::service {

inline constexpr std::uint64_t kWindowBytes = std::uint64_t{1} << 20;
inline constexpr std::size_t kMaximumRequest = std::size_t{8} * 1024;
inline constexpr std::size_t kMaximumAnswer = std::size_t{256} * 1024;

enum class Status : std::uint32_t {
    idle = 0,     // nothing has been asked yet
    working = 1,  // ask again: the answer takes its time
    done = 2,
    refused = 3,  // not allowed, not known, or no request: nothing was done
    failed = 4,   // it was tried
};

struct HeaderWire {
    std::array<char, 16> magic;
    be32 version;
    be32 status;
    be32 length;  // of the answer behind it
    be32 number;  // requests of this connection so far: which one is answered
};
static_assert(sizeof(HeaderWire) == 32);
inline constexpr std::size_t kHeaderBytes = sizeof(HeaderWire);

struct Header {
    Status status = Status::idle;
    std::uint32_t length_bytes = 0;
    std::uint32_t number = 0;

    bool operator==(const Header&) const = default;
};

[[nodiscard]] HeaderWire encode(const Header& header);

// An Error: it is no window of ours, or of another version, or it promises more than
// kMaximumAnswer.
[[nodiscard]] Result<Header> parse_header(std::span<const std::byte, kHeaderBytes> bytes);

// What a client is told of it, before it may write anything.
[[nodiscard]] nbd::ExportInfo window_info();
[[nodiscard]] bool looks_like_window(const nbd::ExportInfo& info);

}  // namespace nbdroot::protocol::service
