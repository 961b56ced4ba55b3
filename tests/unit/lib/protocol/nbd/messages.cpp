#include "tests/unit/lib/protocol/nbd/messages.h"

#include <cstdlib>

namespace nbdroot::protocol::nbd::test {
namespace {

unsigned digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
    std::abort();  // a typing error in a test
}

}  // namespace

Bytes hex(std::string_view digits) {
    Bytes out;
    unsigned value = 0;
    bool high = true;
    for (const char c : digits) {
        if (c == ' ') continue;
        value = value * 16 + digit(c);
        if (!high) {
            out.push_back(static_cast<std::byte>(value));
            value = 0;
        }
        high = !high;
    }
    if (!high) std::abort();
    return out;
}

Bytes join(std::initializer_list<Bytes> parts) {
    Bytes out;
    for (const Bytes& part : parts) ByteWriter(out).bytes(part);
    return out;
}

Bytes text(std::string_view text) {
    Bytes out;
    ByteWriter(out).text(text);
    return out;
}

Bytes greeting(std::uint16_t handshake_flags) {
    Bytes out = text("NBDMAGICIHAVEOPT");
    ByteWriter(out).be_u16(handshake_flags);
    return out;
}

Bytes reply(Option option, OptionReply type, const Bytes& data) {
    Bytes out;
    ByteWriter writer(out);
    writer.be_u64(kOptionReplyMagic);
    writer.be_u32(static_cast<std::uint32_t>(option));
    writer.be_u32(static_cast<std::uint32_t>(type));
    writer.be_u32(static_cast<std::uint32_t>(data.size()));
    writer.bytes(data);
    return out;
}

Bytes export_item(std::uint64_t size, std::uint16_t flags) {
    Bytes out;
    ByteWriter writer(out);
    writer.be_u16(static_cast<std::uint16_t>(Info::export_));
    writer.be_u64(size);
    writer.be_u16(flags);
    return out;
}

Bytes block_size_item(const BlockSizes& sizes) {
    Bytes out;
    ByteWriter writer(out);
    writer.be_u16(static_cast<std::uint16_t>(Info::block_size));
    writer.be_u32(sizes.minimum);
    writer.be_u32(sizes.preferred);
    writer.be_u32(sizes.maximum_payload);
    return out;
}

Bytes string_item(Info type, std::string_view text) {
    Bytes out;
    ByteWriter writer(out);
    writer.be_u16(static_cast<std::uint16_t>(type));
    writer.text(text);
    return out;
}

Bytes info_reply(const Bytes& item, Option option) {
    return reply(option, OptionReply::info, item);
}

Bytes listed(std::string_view name, std::string_view description) {
    Bytes data;
    ByteWriter writer(data);
    writer.be_u32(static_cast<std::uint32_t>(name.size()));
    writer.text(name);
    writer.text(description);
    return reply(Option::list, OptionReply::server, data);
}

Bytes client_flags(std::uint32_t flags) {
    Bytes out;
    ByteWriter(out).be_u32(flags);
    return out;
}

Bytes option_header(Option option, std::uint32_t length) {
    Bytes out = text("IHAVEOPT");
    ByteWriter writer(out);
    writer.be_u32(static_cast<std::uint32_t>(option));
    writer.be_u32(length);
    return out;
}

Bytes option(Option option, const Bytes& data) {
    return join({option_header(option, static_cast<std::uint32_t>(data.size())), data});
}

Bytes query(std::string_view name, std::initializer_list<Info> requests) {
    Bytes out;
    ByteWriter writer(out);
    writer.be_u32(static_cast<std::uint32_t>(name.size()));
    writer.text(name);
    writer.be_u16(static_cast<std::uint16_t>(requests.size()));
    for (const Info info : requests) writer.be_u16(static_cast<std::uint16_t>(info));
    return out;
}

Bytes context_query(std::string_view name, std::initializer_list<std::string_view> queries) {
    Bytes out;
    ByteWriter writer(out);
    writer.be_u32(static_cast<std::uint32_t>(name.size()));
    writer.text(name);
    writer.be_u32(static_cast<std::uint32_t>(queries.size()));
    for (const std::string_view query : queries) {
        writer.be_u32(static_cast<std::uint32_t>(query.size()));
        writer.text(query);
    }
    return out;
}

}  // namespace nbdroot::protocol::nbd::test
