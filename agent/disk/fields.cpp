#include "agent/disk/fields.h"

#include <algorithm>
#include <array>

#include "lib/base/text.h"

namespace nbdroot::agent::disk {
namespace {

constexpr std::size_t kUuidBytes = 16;

std::uint32_t little_endian(ByteView bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = bytes.size(); i > 0; --i) {
        value = (value << 8) | std::to_integer<std::uint32_t>(bytes[i - 1]);
    }
    return value;
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
    return little_endian(at(bytes, offset, 2));
}
std::uint32_t u32_at(ByteView bytes, std::size_t offset) {
    return little_endian(at(bytes, offset, 4));
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

bool begins_with(ByteView bytes, std::size_t offset, std::string_view magic) {
    return base::as_text(at(bytes, offset, magic.size())) == magic;
}

}  // namespace nbdroot::agent::disk
