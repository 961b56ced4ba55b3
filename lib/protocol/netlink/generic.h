// Generic netlink: the body that every message of it has, and asking the kernel for a family by
// name. Numbers: linux/genetlink.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/netlink/message.h"

namespace nbdroot::protocol::netlink {

struct GenericHeader {  // struct genlmsghdr
    std::uint8_t command = 0;
    std::uint8_t version = 0;
    std::uint16_t reserved = 0;
};
static_assert(sizeof(GenericHeader) == 4);

inline constexpr std::uint16_t kTypeGenericControl = 0x10;  // GENL_ID_CTRL

struct MulticastGroup {
    std::string name;
    std::uint32_t id = 0;

    bool operator==(const MulticastGroup&) const = default;
};

struct Family {
    std::uint16_t id = 0;  // the type of this family's messages
    std::vector<MulticastGroup> groups;

    bool operator==(const Family&) const = default;
};

// CTRL_CMD_GETFAMILY. The kernel answers with a family, or ENOENT where there is none.
[[nodiscard]] Bytes family_request(std::string_view name, std::uint32_t sequence);
[[nodiscard]] Result<Family> parse_family(const Message& message);

// A message of a generic family, taken apart; the attributes view into it.
struct GenericMessage {
    std::uint8_t command = 0;
    std::vector<Attribute> attributes;
};
[[nodiscard]] Result<GenericMessage> parse_generic(const Message& message);

}  // namespace nbdroot::protocol::netlink
