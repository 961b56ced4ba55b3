// Answers of a name server, byte by byte, for tests.
#pragma once

#include <string_view>

#include "lib/protocol/dns/message.h"

namespace nbdroot::protocol::dns::tests {

// A record whose owner is the question's name, as a reference to it.
struct TestRecord {
    std::string_view owner = "";  // empty: the question's name
    std::uint16_t type = 1;
    Bytes data;
    std::uint16_t record_class = 1;
};

struct TestAnswer {
    std::uint16_t flags = 0x8180;  // an answer, with recursion
    std::vector<TestRecord> records = {};
};

inline Bytes wire_of(std::string_view name) {
    const Name parsed = parse_name(name).value();
    const auto view = base::as_bytes(parsed.wire);
    return {view.begin(), view.end()};
}

inline Bytes address(std::initializer_list<int> numbers) {
    Bytes bytes;
    for (const int number : numbers) bytes.push_back(static_cast<std::byte>(number));
    return bytes;
}

inline Bytes serialize(const Question& question, const TestAnswer& answer) {
    Bytes bytes = make_query(question);
    bytes[2] = static_cast<std::byte>(answer.flags >> 8);
    bytes[3] = static_cast<std::byte>(answer.flags & 0xff);
    bytes[7] = static_cast<std::byte>(answer.records.size());
    ByteWriter writer(bytes);
    for (const TestRecord& record : answer.records) {
        if (record.owner.empty()) {
            writer.be_u16(0xc00c);
        } else {
            writer.bytes(wire_of(record.owner));
        }
        writer.be_u16(record.type);
        writer.be_u16(record.record_class);
        writer.be_u32(300);
        writer.be_u16(static_cast<std::uint16_t>(record.data.size()));
        writer.bytes(record.data);
    }
    return bytes;
}

}  // namespace nbdroot::protocol::dns::tests
