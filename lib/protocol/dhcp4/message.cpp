#include "lib/protocol/dhcp4/message.h"

#include <algorithm>

#include "lib/base/endian.h"
#include "lib/base/text.h"

namespace nbdroot::protocol::dhcp4 {
namespace {

struct FixedPart {
    std::uint8_t operation = 0;
    std::uint8_t hardware_type = 1;  // Ethernet
    std::uint8_t hardware_length = sizeof(Mac);
    std::uint8_t hops = 0;
    be32 transaction;
    be16 seconds;
    be16 flags;
    be32 client_address;
    be32 your_address;
    be32 server_address;
    be32 relay_address;
    Mac mac{};
    std::array<std::uint8_t, 10> mac_padding{};
    std::array<std::byte, 64> server_name{};
    std::array<std::byte, 128> file{};
    be32 cookie;
};
static_assert(sizeof(FixedPart) == 240 && alignof(FixedPart) == 1);

constexpr std::uint8_t kRequest = 1;
constexpr std::uint8_t kReply = 2;
constexpr std::uint16_t kBroadcastFlag = 0x8000;
constexpr std::uint32_t kCookie = 0x63825363;  // RFC 2131 section 3
constexpr std::size_t kMinimumBytes = 300;
constexpr std::size_t kOptionPartLimit = 255;

// Bits of option 52: which fields carry options too.
constexpr std::uint8_t kOverloadFile = 1;
constexpr std::uint8_t kOverloadServerName = 2;

Failure damaged(std::string_view reason) { return fail("parse", "DHCP message", reason); }

void write_option(ByteWriter& writer, const Option& option) {
    ByteView rest = option.value;
    do {
        const ByteView part = rest.first(std::min(rest.size(), kOptionPartLimit));
        writer.u8(static_cast<std::uint8_t>(option.code));
        writer.u8(static_cast<std::uint8_t>(part.size()));
        writer.bytes(part);
        rest = rest.subspan(part.size());
    } while (!rest.empty());
}

// RFC 3396: parts of one option are joined in the order in which they are found.
void join_option(std::vector<Option>& options, OptionCode code, ByteView part) {
    const auto same = [code](const Option& option) { return option.code == code; };
    const auto found = std::find_if(options.begin(), options.end(), same);
    if (found == options.end()) {
        options.push_back({code, Bytes(part.begin(), part.end())});
    } else {
        found->value.insert(found->value.end(), part.begin(), part.end());
    }
}

// A field ends with the end option or, in the words of many servers, with its last byte.
Result<void> read_options(ByteView field, std::vector<Option>& options) {
    ByteReader reader(field);
    while (const auto byte = reader.u8()) {
        const auto code = static_cast<OptionCode>(*byte);
        if (code == OptionCode::end) break;
        if (code == OptionCode::pad) continue;
        const auto length = reader.u8();
        if (!length) return damaged(cat("option ", *byte, " without length"));
        const auto value = reader.bytes(*length);
        if (!value) {
            return damaged(
                cat("option ", *byte, " of ", *length, " bytes, ", reader.remaining(), " left"));
        }
        join_option(options, code, *value);
    }
    return {};
}

// Option 52 is used up here; one in an overloaded field means nothing (RFC 2132 section 9.3).
Result<void> read_all_options(ByteView main, const FixedPart& fixed, Message& message) {
    NBDROOT_CHECK(read_options(main, message.options));
    if (message.find(OptionCode::overload) == nullptr) return {};
    const std::uint8_t overload = message.u8(OptionCode::overload).value_or(0);
    if (overload == 0 || overload > (kOverloadFile | kOverloadServerName)) {
        return damaged("option 52 (overload) is not 1, 2 or 3");
    }
    // RFC 3396 section 5: the file field first.
    if ((overload & kOverloadFile) != 0) NBDROOT_CHECK(read_options(fixed.file, message.options));
    if ((overload & kOverloadServerName) != 0) {
        NBDROOT_CHECK(read_options(fixed.server_name, message.options));
    }
    std::erase_if(message.options,
                  [](const Option& option) { return option.code == OptionCode::overload; });
    return {};
}

template <class Wire>
std::optional<Wire> exactly(const Bytes* value) {
    if (value == nullptr || value->size() != sizeof(Wire)) return std::nullopt;
    return ByteReader(*value).value<Wire>();
}

template <class Wire>
void add_number(Message& message, OptionCode code, const Wire& value) {
    message.add(code, std::as_bytes(std::span(&value, 1)));
}

}  // namespace

const Bytes* Message::find(OptionCode code) const {
    for (const Option& option : options) {
        if (option.code == code) return &option.value;
    }
    return nullptr;
}

std::optional<std::uint8_t> Message::u8(OptionCode code) const {
    return exactly<std::uint8_t>(find(code));
}
std::optional<std::uint16_t> Message::u16(OptionCode code) const {
    return exactly<be16>(find(code));
}
std::optional<std::uint32_t> Message::u32(OptionCode code) const {
    return exactly<be32>(find(code));
}

void Message::add_u8(OptionCode code, std::uint8_t value) { add_number(*this, code, value); }
void Message::add_u16(OptionCode code, std::uint16_t value) {
    add_number(*this, code, be16(value));
}
void Message::add_u32(OptionCode code, std::uint32_t value) {
    add_number(*this, code, be32(value));
}

Bytes serialize(const Message& message) {
    Bytes out;
    ByteWriter writer(out);
    writer.value(FixedPart{.operation = message.is_reply ? kReply : kRequest,
                           .transaction = message.transaction,
                           .seconds = message.seconds,
                           .flags = message.broadcast ? kBroadcastFlag : std::uint16_t{0},
                           .client_address = message.client_address,
                           .your_address = message.your_address,
                           .server_address = message.server_address,
                           .relay_address = message.relay_address,
                           .mac = message.mac,
                           .cookie = kCookie});
    for (const Option& option : message.options) write_option(writer, option);
    writer.u8(static_cast<std::uint8_t>(OptionCode::end));
    if (out.size() < kMinimumBytes) out.resize(kMinimumBytes);
    return out;
}

Result<Message> parse_message(ByteView bytes) {
    ByteReader reader(bytes);
    const auto fixed = reader.value<FixedPart>();
    if (!fixed) return damaged(cat("only ", bytes.size(), " bytes"));
    if (fixed->cookie != kCookie) return damaged("no DHCP cookie");
    if (fixed->operation != kRequest && fixed->operation != kReply) {
        return damaged(cat("operation ", fixed->operation));
    }
    if (fixed->hardware_type != 1 || fixed->hardware_length != sizeof(Mac)) {
        return damaged(cat("hardware type ", fixed->hardware_type, " with addresses of ",
                           fixed->hardware_length, " bytes"));
    }
    Message message{.is_reply = fixed->operation == kReply,
                    .transaction = fixed->transaction,
                    .seconds = fixed->seconds,
                    .broadcast = (fixed->flags & kBroadcastFlag) != 0,
                    .client_address = fixed->client_address,
                    .your_address = fixed->your_address,
                    .server_address = fixed->server_address,
                    .relay_address = fixed->relay_address,
                    .mac = fixed->mac,
                    .options = {}};
    NBDROOT_CHECK(read_all_options(reader.rest(), *fixed, message));
    return message;
}

}  // namespace nbdroot::protocol::dhcp4
