// Netlink messages: a header, a fixed body of the family, then attributes. Everything is in host
// byte order and padded to 4 bytes. Numbers and layout: linux/netlink.h, RFC 3549 section 2.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "lib/base/bytes.h"
#include "lib/base/result.h"

namespace nbdroot::protocol::netlink {

struct Header {  // struct nlmsghdr
    std::uint32_t length_bytes = 0;
    std::uint16_t type = 0;
    std::uint16_t flags = 0;
    std::uint32_t sequence = 0;
    std::uint32_t port = 0;  // 0: the kernel, and "fill mine in" where we send

    bool operator==(const Header&) const = default;
};
static_assert(sizeof(Header) == 16);

// Types of every family.
inline constexpr std::uint16_t kTypeNoOperation = 1;  // NLMSG_NOOP
inline constexpr std::uint16_t kTypeError = 2;        // NLMSG_ERROR: also the acknowledgement
inline constexpr std::uint16_t kTypeDone = 3;         // NLMSG_DONE: the end of a dump

inline constexpr std::uint16_t kFlagRequest = 0x01;
inline constexpr std::uint16_t kFlagMulti = 0x02;  // part of a dump
inline constexpr std::uint16_t kFlagAck = 0x04;
inline constexpr std::uint16_t kFlagDump = 0x300;     // to get-requests
inline constexpr std::uint16_t kFlagReplace = 0x100;  // to new-requests
inline constexpr std::uint16_t kFlagExclusive = 0x200;
inline constexpr std::uint16_t kFlagCreate = 0x400;
inline constexpr std::uint16_t kFlagAckCapped = 0x100;      // on errors: request's body left out
inline constexpr std::uint16_t kFlagAckAttributes = 0x200;  // on errors: attributes follow

// Builds one message. An attribute holds at most 65531 bytes, nests included; more is the caller's
// bug and asserts.
class MessageWriter {
public:
    MessageWriter(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence);

    // The family's fixed body (struct genlmsghdr, struct ifinfomsg, …); before the attributes.
    template <class T>
    requires std::is_trivially_copyable_v<T>
    void body(const T& value) { append_padded(std::as_bytes(std::span(&value, 1))); }

    void attribute(std::uint16_t type, ByteView payload);
    void u8(std::uint16_t type, std::uint8_t value) { number(type, value); }
    void u16(std::uint16_t type, std::uint16_t value) { number(type, value); }
    void u32(std::uint16_t type, std::uint32_t value) { number(type, value); }
    void u64(std::uint16_t type, std::uint64_t value) { number(type, value); }
    void flag(std::uint16_t type) { attribute(type, {}); }
    void text(std::uint16_t type, std::string_view value);  // adds the final NUL

    // writer.nested(NBD_ATTR_SOCKETS, [&] { writer.nested(…); });
    template <class Fill>
    void nested(std::uint16_t type, Fill fill) {
        const std::size_t start = open_nest(type);
        fill();
        close_nest(start);
    }

    // The whole message with its length filled in; the writer is empty afterwards.
    [[nodiscard]] Bytes finish();

private:
    template <class T>
    void number(std::uint16_t type, const T& value) {
        attribute(type, std::as_bytes(std::span(&value, 1)));
    }
    void append_padded(ByteView view);
    std::size_t open_nest(std::uint16_t type);
    void close_nest(std::size_t start);

    Bytes out_;
};

// A received message; views into the buffer it was parsed from.
struct Message {
    Header header;
    ByteView payload;  // after the header, without padding
};

// Every message of one datagram.
[[nodiscard]] Result<std::vector<Message>> parse_messages(ByteView datagram);

struct Attribute {
    std::uint16_t type = 0;  // without the flag bits for nesting and byte order
    ByteView payload;

    // nullopt: the payload is shorter than that.
    [[nodiscard]] std::optional<std::uint8_t> u8() const;
    [[nodiscard]] std::optional<std::uint16_t> u16() const;
    [[nodiscard]] std::optional<std::uint32_t> u32() const;
    [[nodiscard]] std::optional<std::uint64_t> u64() const;
    [[nodiscard]] std::string_view text() const;  // up to the first NUL
};

// The attributes of a message after its fixed body, or of a nest (its payload).
[[nodiscard]] Result<std::vector<Attribute>> parse_attributes(ByteView view);

// The one of TYPE, nullptr where there is none.
[[nodiscard]] const Attribute* find(const std::vector<Attribute>& attributes, std::uint16_t type);

// What a message of kTypeError says. Its text is filled when the socket has NETLINK_EXT_ACK.
struct Acknowledgement {
    std::uint32_t sequence = 0;  // of the request
    int error_code = 0;          // errno, positive; 0: done
    std::string text;            // the kernel's own words; may be empty

    bool operator==(const Acknowledgement&) const = default;
};

[[nodiscard]] Result<Acknowledgement> parse_acknowledgement(const Message& message);

}  // namespace nbdroot::protocol::netlink
