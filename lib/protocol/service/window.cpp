#include "lib/protocol/service/window.h"

#include <cstring>
#include <string_view>

#include "lib/base/text.h"
#include "lib/protocol/nbd/constants.h"

namespace nbdroot::protocol::service {
namespace {

constexpr std::string_view kMagic = "nbdroot service\n";
constexpr std::uint32_t kWireVersion = 1;

static_assert(kMagic.size() == sizeof HeaderWire::magic);

Failure refuse(std::string_view reason) { return fail("read", "service header", reason); }

}  // namespace

HeaderWire encode(const Header& header) {
    HeaderWire wire{.magic = {},
                    .version = kWireVersion,
                    .status = static_cast<std::uint32_t>(header.status),
                    .length = header.length_bytes,
                    .number = header.number};
    std::memcpy(wire.magic.data(), kMagic.data(), kMagic.size());
    return wire;
}

Result<Header> parse_header(std::span<const std::byte, kHeaderBytes> bytes) {
    HeaderWire wire;
    std::memcpy(&wire, bytes.data(), sizeof wire);
    if (std::memcmp(wire.magic.data(), kMagic.data(), kMagic.size()) != 0) {
        return refuse("no server of ours answers there");
    }
    if (wire.version != kWireVersion) {
        return refuse(cat("version ", std::uint32_t{wire.version}, ", known is ", kWireVersion));
    }
    if (wire.status > static_cast<std::uint32_t>(Status::failed)) {
        return refuse(cat("status ", std::uint32_t{wire.status}, " means nothing"));
    }
    if (wire.length > kMaximumAnswer) {
        return refuse(cat("an answer of ", std::uint32_t{wire.length}, " bytes, at most ",
                          kMaximumAnswer, " are taken"));
    }
    return Header{.status = static_cast<Status>(std::uint32_t{wire.status}),
                  .length_bytes = wire.length,
                  .number = wire.number};
}

nbd::ExportInfo window_info() {
    return {.size_bytes = kWindowBytes, .transmission_flags = nbd::kTransmitHasFlags};
}

bool looks_like_window(const nbd::ExportInfo& info) {
    return info.size_bytes == kWindowBytes &&
           info.transmission_flags == window_info().transmission_flags;
}

}  // namespace nbdroot::protocol::service
