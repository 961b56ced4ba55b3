// Questions for addresses and what servers answer (RFC 1035 section 4), as datagrams of at most 512
// bytes: EDNS and TCP are left out, as even a long list of servers fits.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"
#include "lib/protocol/dns/name.h"

namespace nbdroot::protocol::dns {

enum class RecordType : std::uint16_t { a = 1, cname = 5, aaaa = 28 };

struct Question {
    std::uint16_t id = 0;
    Name name;
    RecordType type = RecordType::a;  // a or aaaa

    bool operator==(const Question&) const = default;
};

[[nodiscard]] Bytes make_query(const Question& question);

// In network byte order.
struct Address {
    std::array<std::byte, 16> bytes{};
    std::size_t size = 0;  // 4 or 16

    [[nodiscard]] ByteView view() const { return ByteView(bytes).first(size); }
    bool operator==(const Address&) const = default;
};

inline constexpr std::size_t kReplyBytes = 4096;    // longer than a server may send unasked
inline constexpr std::size_t kAddressesTaken = 16;  // of one name; a root has no more servers

struct Reply {
    enum class Kind {
        answered,      // with addresses, or none of that type
        no_such_name,  // NXDOMAIN
        unusable,      // for REASON; another server may do better
    };
    Kind kind = Kind::answered;
    std::vector<Address> addresses = {};
    std::string reason = {};

    bool operator==(const Reply&) const = default;
};

// An Error: DATAGRAM is no answer to QUESTION (a late one, a forged one) and is to be ignored.
[[nodiscard]] Result<Reply> parse_reply(ByteView datagram, const Question& question);

}  // namespace nbdroot::protocol::dns
