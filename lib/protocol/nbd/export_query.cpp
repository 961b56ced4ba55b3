#include "lib/protocol/nbd/export_query.h"

#include "lib/base/text.h"
#include "lib/protocol/nbd/handshake_wire.h"

namespace nbdroot::protocol::nbd {
namespace {

Failure invalid(std::string_view reason) { return fail("parse", "export query", reason); }

void note_request(ExportQuery& query, Info info) {
    switch (info) {
        case Info::export_:
            break;  // always sent
        case Info::name:
            query.wants_name = true;
            break;
        case Info::description:
            query.wants_description = true;
            break;
        case Info::block_size:
            query.wants_block_sizes = true;
            break;
    }
}

}  // namespace

bool is_valid_string(std::string_view text) {
    return text.size() <= kMaximumString && text.find('\0') == std::string_view::npos;
}

Result<ExportQuery> parse_export_query(ByteView data) {
    ByteReader reader(data);
    const auto name_length = reader.be_u32();
    if (!name_length) return invalid("no room for the length of a name");
    const auto name = reader.text(*name_length);
    if (!name) return invalid("the name is longer than the option");
    if (!is_valid_string(*name)) return invalid("the name is too long or contains a NUL byte");
    const auto count = reader.be_u16();
    if (!count) return invalid("no room for the number of information requests");
    if (reader.remaining() != std::size_t{*count} * sizeof(be16)) {
        return invalid("the number of information requests does not fit the length");
    }
    ExportQuery query{.name = std::string(*name)};
    while (const auto request = reader.be_u16()) note_request(query, static_cast<Info>(*request));
    return query;
}

Bytes encode(const ExportQuery& query) {
    Bytes requests;
    ByteWriter request_writer(requests);
    const auto request = [&](bool wanted, Info info) {
        if (wanted) request_writer.be_u16(static_cast<std::uint16_t>(info));
    };
    request(query.wants_name, Info::name);
    request(query.wants_description, Info::description);
    request(query.wants_block_sizes, Info::block_size);

    Bytes out;
    ByteWriter writer(out);
    writer.be_u32(static_cast<std::uint32_t>(query.name.size()));
    writer.text(query.name);
    writer.be_u16(static_cast<std::uint16_t>(requests.size() / sizeof(be16)));
    writer.bytes(requests);
    return out;
}

}  // namespace nbdroot::protocol::nbd
