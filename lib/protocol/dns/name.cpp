#include "lib/protocol/dns/name.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::protocol::dns {
namespace {

constexpr std::size_t kNameBytes = 255;  // section 2.3.4, with all lengths
constexpr std::size_t kLabelBytes = 63;
constexpr std::uint8_t kPointerBits = 0xc0;  // of a length: no label, a reference

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_label(std::string_view text) {
    return !text.empty() && text.size() <= kLabelBytes &&
           std::all_of(text.begin(), text.end(), [](char c) {
               const char letter = lower(c);
               return (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                      c == '_';
           });
}

void append_label(std::string& wire, std::string_view label) {
    wire += static_cast<char>(label.size());
    for (const char c : label) wire += lower(c);
}

}  // namespace

std::optional<Name> parse_name(std::string_view text) {
    if (text.ends_with('.')) text.remove_suffix(1);
    Name name;
    for (const std::string_view label : base::split(text, '.')) {
        if (!is_label(label)) return std::nullopt;
        append_label(name.wire, label);
    }
    name.wire += '\0';
    if (name.wire.size() > kNameBytes) return std::nullopt;
    return name;
}

std::optional<NameRead> read_name(ByteView message, std::size_t offset) {
    NameRead read;
    std::size_t referred_from = message.size();  // each reference leads to before this
    for (;;) {
        if (offset >= message.size()) return std::nullopt;
        ByteReader reader(message.subspan(offset));
        const std::uint8_t length = *reader.u8();
        if ((length & kPointerBits) == kPointerBits) {
            const auto low = reader.u8();
            if (!low) return std::nullopt;
            if (read.end == 0) read.end = offset + 2;
            referred_from = std::min(referred_from, offset);
            offset = static_cast<std::size_t>((length & ~kPointerBits) << 8 | *low);
            if (offset >= referred_from) return std::nullopt;
            referred_from = offset;
            continue;
        }
        const auto label = reader.text(length);
        if (length > kLabelBytes || !label) return std::nullopt;
        append_label(read.name.wire, *label);
        if (read.name.wire.size() > kNameBytes) return std::nullopt;
        offset += 1 + std::size_t{length};
        if (length > 0) continue;
        if (read.end == 0) read.end = offset;
        return read;
    }
}

}  // namespace nbdroot::protocol::dns
