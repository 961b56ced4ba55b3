#include "agent/disk/fields.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace nbdroot::agent::disk {
namespace {

constexpr std::size_t kUuidBytes = 16;

std::uint64_t little_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        value = (value << 8) | std::to_integer<std::uint64_t>(bytes[i - 1]);
    }
    return value;
}

std::uint64_t big_endian(ByteView bytes) {
    std::uint64_t value = 0;
    for (const std::byte byte : bytes) value = (value << 8) | std::to_integer<std::uint64_t>(byte);
    return value;
}

constexpr std::uint32_t kReplacement = 0xfffd;

bool is_high_surrogate(std::uint32_t unit) { return (unit & 0xfc00) == 0xd800; }
bool is_low_surrogate(std::uint32_t unit) { return (unit & 0xfc00) == 0xdc00; }

void append_utf8(std::string& text, std::uint32_t point) {
    const auto put = [&text](std::uint32_t value) { text += static_cast<char>(value); };
    if (point < 0x80) return put(point);
    if (point < 0x800) {
        put(0xc0 | (point >> 6));
    } else if (point < 0x10000) {
        put(0xe0 | (point >> 12));
        put(0x80 | ((point >> 6) & 0x3f));
    } else {
        put(0xf0 | (point >> 18));
        put(0x80 | ((point >> 12) & 0x3f));
        put(0x80 | ((point >> 6) & 0x3f));
    }
    put(0x80 | (point & 0x3f));
}

bool is_zero(ByteView bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; });
}

void append_hex(std::string& text, std::byte byte) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    const auto value = std::to_integer<unsigned>(byte);
    text += kDigits[value >> 4];
    text += kDigits[value & 15];
}

}  // namespace

ByteView at(ByteView bytes, std::size_t offset, std::size_t length) {
    if (bytes.size() < offset || bytes.size() - offset < length) return {};
    return bytes.subspan(offset, length);
}

std::uint32_t u16_at(ByteView bytes, std::size_t offset) {
    return static_cast<std::uint32_t>(little_endian(at(bytes, offset, 2)));
}
std::uint32_t u32_at(ByteView bytes, std::size_t offset) {
    return static_cast<std::uint32_t>(little_endian(at(bytes, offset, 4)));
}
std::uint64_t u64_at(ByteView bytes, std::size_t offset) {
    return little_endian(at(bytes, offset, 8));
}
std::uint32_t big_u32_at(ByteView bytes, std::size_t offset) {
    return static_cast<std::uint32_t>(big_endian(at(bytes, offset, 4)));
}
std::uint64_t big_u64_at(ByteView bytes, std::size_t offset) {
    return big_endian(at(bytes, offset, 8));
}

std::string uuid_at(ByteView bytes, std::size_t offset) {
    const ByteView uuid = at(bytes, offset, kUuidBytes);
    if (is_zero(uuid)) return {};
    std::string text;
    for (std::size_t i = 0; i < uuid.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        append_hex(text, uuid[i]);
    }
    return text;
}

std::string guid_at(ByteView bytes, std::size_t offset) {
    const ByteView guid = at(bytes, offset, kUuidBytes);
    if (guid.empty()) return {};
    static constexpr std::array<std::uint8_t, kUuidBytes> kOrder = {3, 2, 1,  0,  5,  4,  7,  6,
                                                                    8, 9, 10, 11, 12, 13, 14, 15};
    std::array<std::byte, kUuidBytes> uuid;
    for (std::size_t i = 0; i < uuid.size(); ++i) uuid[i] = guid[kOrder[i]];
    return uuid_at(uuid, 0);
}

std::string hex_u32_at(ByteView bytes, std::size_t offset) {
    const ByteView field = at(bytes, offset, 4);
    if (is_zero(field)) return {};
    std::string text;
    for (std::size_t i = field.size(); i > 0; --i) append_hex(text, field[i - 1]);
    return text;
}

std::string label_at(ByteView bytes, std::size_t offset, std::size_t length) {
    const std::string_view field = base::as_text(at(bytes, offset, length));
    return std::string(field.substr(0, field.find('\0')));
}

std::string utf16_at(ByteView bytes, std::size_t offset, std::size_t length) {
    const ByteView field = at(bytes, offset, length);
    std::string text;
    for (std::size_t i = 0; i + 1 < field.size(); i += 2) {
        const std::uint32_t unit = u16_at(field, i);
        const std::uint32_t next = u16_at(field, i + 2);
        if (unit == 0) break;
        if (is_high_surrogate(unit) && is_low_surrogate(next)) {
            append_utf8(text, 0x10000 + ((unit & 0x3ff) << 10) + (next & 0x3ff));
            i += 2;
        } else {
            const bool is_half = is_high_surrogate(unit) || is_low_surrogate(unit);
            append_utf8(text, is_half ? kReplacement : unit);
        }
    }
    return text;
}

bool begins_with(ByteView bytes, std::size_t offset, std::string_view magic) {
    return base::as_text(at(bytes, offset, magic.size())) == magic;
}

}  // namespace nbdroot::agent::disk
