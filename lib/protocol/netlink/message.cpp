#include "lib/protocol/netlink/message.h"

#include <algorithm>
#include <utility>

#include "lib/base/assert.h"
#include "lib/base/text.h"

namespace nbdroot::protocol::netlink {
namespace {

struct AttributeHeader {  // struct nlattr
    std::uint16_t length_bytes = 0;
    std::uint16_t type = 0;
};
static_assert(sizeof(AttributeHeader) == 4);

constexpr std::uint16_t kNestedBit = 0x8000;  // NLA_F_NESTED
constexpr std::uint16_t kTypeMask = 0x3fff;   // NLA_TYPE_MASK
constexpr std::size_t kAttributeLimit = UINT16_MAX;
constexpr std::uint16_t kAckText = 1;  // NLMSGERR_ATTR_MSG

constexpr std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

// Padding behind the last element may be missing.
ByteView after(ByteView view, std::size_t size) {
    return view.subspan(std::min(padded(size), view.size()));
}

template <class T>
std::optional<T> number_of(ByteView payload) {
    return ByteReader(payload).value<T>();
}

Failure damaged(std::string_view reason) { return fail("parse", "netlink message", reason); }

}  // namespace

MessageWriter::MessageWriter(std::uint16_t type, std::uint16_t flags, std::uint32_t sequence) {
    ByteWriter(out_).value(Header{.type = type, .flags = flags, .sequence = sequence});
}

void MessageWriter::append_padded(ByteView view) {
    ByteWriter writer(out_);
    writer.bytes(view);
    writer.zeros(padded(view.size()) - view.size());
}

void MessageWriter::attribute(std::uint16_t type, ByteView payload) {
    const std::size_t size = sizeof(AttributeHeader) + payload.size();
    NBDROOT_ASSERT(size <= kAttributeLimit);
    ByteWriter(out_).value(
        AttributeHeader{.length_bytes = static_cast<std::uint16_t>(size), .type = type});
    append_padded(payload);
}

void MessageWriter::text(std::uint16_t type, std::string_view value) {
    const std::string terminated(value);
    attribute(type, base::as_bytes({terminated.c_str(), terminated.size() + 1}));
}

std::size_t MessageWriter::open_nest(std::uint16_t type) {
    const std::size_t start = out_.size();
    ByteWriter(out_).value(AttributeHeader{.type = static_cast<std::uint16_t>(type | kNestedBit)});
    return start;
}

void MessageWriter::close_nest(std::size_t start) {
    const std::size_t size = out_.size() - start;
    NBDROOT_ASSERT(size <= kAttributeLimit);
    const auto length = static_cast<std::uint16_t>(size);
    std::memcpy(out_.data() + start, &length, sizeof length);
}

Bytes MessageWriter::finish() {
    const auto length = static_cast<std::uint32_t>(out_.size());
    std::memcpy(out_.data(), &length, sizeof length);
    return std::exchange(out_, {});
}

Result<std::vector<Message>> parse_messages(ByteView datagram) {
    std::vector<Message> messages;
    while (!datagram.empty()) {
        const auto header = number_of<Header>(datagram);
        if (!header) return damaged(cat("header cut off after ", datagram.size(), " bytes"));
        const std::size_t length = header->length_bytes;
        if (length < sizeof(Header) || length > datagram.size()) {
            return damaged(cat("length of ", length, " in ", datagram.size(), " bytes"));
        }
        messages.push_back({.header = *header,
                            .payload = datagram.subspan(sizeof(Header), length - sizeof(Header))});
        datagram = after(datagram, length);
    }
    return messages;
}

std::optional<std::uint8_t> Attribute::u8() const { return number_of<std::uint8_t>(payload); }
std::optional<std::uint16_t> Attribute::u16() const { return number_of<std::uint16_t>(payload); }
std::optional<std::uint32_t> Attribute::u32() const { return number_of<std::uint32_t>(payload); }
std::optional<std::uint64_t> Attribute::u64() const { return number_of<std::uint64_t>(payload); }

std::string_view Attribute::text() const {
    const std::string_view whole = base::as_text(payload);
    return whole.substr(0, whole.find('\0'));
}

Result<std::vector<Attribute>> parse_attributes(ByteView view) {
    std::vector<Attribute> attributes;
    while (!view.empty()) {
        const auto header = number_of<AttributeHeader>(view);
        if (!header) return damaged(cat("attribute cut off after ", view.size(), " bytes"));
        const std::size_t length = header->length_bytes;
        if (length < sizeof(AttributeHeader) || length > view.size()) {
            return damaged(cat("attribute length of ", length, " in ", view.size(), " bytes"));
        }
        attributes.push_back(
            {.type = static_cast<std::uint16_t>(header->type & kTypeMask),
             .payload = view.subspan(sizeof(AttributeHeader), length - sizeof(AttributeHeader))});
        view = after(view, length);
    }
    return attributes;
}

const Attribute* find(const std::vector<Attribute>& attributes, std::uint16_t type) {
    for (const Attribute& attribute : attributes) {
        if (attribute.type == type) return &attribute;
    }
    return nullptr;
}

// struct nlmsgerr: the negative errno, the request's header, the request's body unless capped, and
// attributes where the flag says so.
Result<Acknowledgement> parse_acknowledgement(const Message& message) {
    ByteReader reader(message.payload);
    const auto code = reader.value<std::int32_t>();
    const auto request = reader.value<Header>();
    if (message.header.type != kTypeError || !code || !request) {
        return damaged("no acknowledgement");
    }
    // A code that is no errno (above 0, or the one that has no positive) is damage too.
    if (*code > 0 || *code < -4095) return damaged(cat("acknowledgement with code ", *code));
    Acknowledgement result{.sequence = request->sequence, .error_code = -*code, .text = {}};
    if ((message.header.flags & kFlagAckAttributes) == 0) return result;
    if ((message.header.flags & kFlagAckCapped) == 0) {
        if (request->length_bytes < sizeof(Header)) return damaged("request without header");
        if (!reader.bytes(padded(request->length_bytes - sizeof(Header)))) {
            return damaged("acknowledgement shorter than its request");
        }
    }
    const auto attributes = NBDROOT_TRY(parse_attributes(reader.rest()));
    if (const Attribute* text = find(attributes, kAckText)) {
        result.text = base::printable(text->text());
    }
    return result;
}

}  // namespace nbdroot::protocol::netlink
