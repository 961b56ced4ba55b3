#include "lib/protocol/nbd/option_reply.h"

#include "lib/protocol/nbd/handshake_wire.h"

namespace nbdroot::protocol::nbd {
namespace {

template <class Wire>
ByteView view(const Wire& wire) {
    return std::as_bytes(std::span(&wire, 1));
}

void append_string_info(Bytes& out, Option option, Info type, std::string_view text) {
    Bytes data;
    data.reserve(sizeof(be16) + text.size());
    ByteWriter writer(data);
    writer.be_u16(static_cast<std::uint16_t>(type));
    writer.text(text);
    append_reply(out, option, OptionReply::info, data);
}

void append_block_sizes(Bytes& out, Option option, const BlockSizes& sizes) {
    const BlockSizeInfoWire wire{.type = static_cast<std::uint16_t>(Info::block_size),
                                 .minimum = sizes.minimum,
                                 .preferred = sizes.preferred,
                                 .maximum_payload = sizes.maximum_payload};
    append_reply(out, option, OptionReply::info, view(wire));
}

// "The server MUST send this info if it is requested and it intends to enforce block size
// constraints other than the defaults", and MAY send what was not asked for. Telling a client that
// did not ask helps only if it would otherwise run into EINVAL.
bool narrower_than_assumed(const BlockSizes& sizes) {
    return sizes.minimum > 1 || sizes.maximum_payload < kMaximumPayload;
}

}  // namespace

void append_reply(Bytes& out, Option option, OptionReply type, ByteView data) {
    ByteWriter writer(out);
    writer.value(OptionReplyWire{.magic = kOptionReplyMagic,
                                 .option = static_cast<std::uint32_t>(option),
                                 .type = static_cast<std::uint32_t>(type),
                                 .length = static_cast<std::uint32_t>(data.size())});
    writer.bytes(data);
}

void append_error(Bytes& out, Option option, OptionReply type, std::string_view text) {
    append_reply(out, option, type, base::as_bytes(text.substr(0, kMaximumString)));
}

void append_infos(Bytes& out, Option option, const ExportQuery& query, const ExportInfo& info) {
    const ExportInfoWire wire{.type = static_cast<std::uint16_t>(Info::export_),
                              .size = info.size_bytes,
                              .transmission_flags = info.transmission_flags};
    append_reply(out, option, OptionReply::info, view(wire));
    // A name cut short would be the name of something else.
    if (query.wants_name && !info.canonical_name.empty() && is_valid_string(info.canonical_name)) {
        append_string_info(out, option, Info::name, info.canonical_name);
    }
    if (query.wants_description && !info.description.empty()) {
        append_string_info(out, option, Info::description,
                           std::string_view(info.description).substr(0, kMaximumString));
    }
    if (info.block_sizes && (query.wants_block_sizes || narrower_than_assumed(*info.block_sizes))) {
        append_block_sizes(out, option, *info.block_sizes);
    }
}

void append_listed_export(Bytes& out, std::string_view name) {
    if (!is_valid_string(name)) return;
    Bytes data;
    ByteWriter writer(data);
    writer.be_u32(static_cast<std::uint32_t>(name.size()));
    writer.text(name);
    append_reply(out, Option::list, OptionReply::server, data);
}

void append_context(Bytes& out, Option option, std::uint32_t id, std::string_view name) {
    Bytes data;
    ByteWriter writer(data);
    writer.be_u32(id);
    writer.text(name);
    append_reply(out, option, OptionReply::meta_context, data);
}

}  // namespace nbdroot::protocol::nbd
