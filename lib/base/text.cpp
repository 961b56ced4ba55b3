#include "lib/base/text.h"

#include <array>
#include <charconv>

namespace nbdroot::base {

void Piece::append_to(std::string& out) const {
    char digits[24];  // 20 digits of uint64_t and a sign
    char* end = digits;
    switch (kind_) {
        case Kind::text:
            out.append(text_, value_);
            return;
        case Kind::character:
            out += static_cast<char>(value_);
            return;
        case Kind::signed_number:
            end = std::to_chars(digits, digits + sizeof digits, static_cast<std::int64_t>(value_))
                      .ptr;
            break;
        case Kind::unsigned_number:
            end = std::to_chars(digits, digits + sizeof digits, value_).ptr;
            break;
    }
    out.append(digits, end);
}

std::string join(std::initializer_list<Piece> pieces) {
    std::string out;
    for (const Piece& piece : pieces) piece.append_to(out);
    return out;
}

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t maximum) {
    std::uint64_t value = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, code] = std::from_chars(text.data(), end, value);
    if (code != std::errc() || stop != end || value > maximum) return std::nullopt;
    return value;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> fields;
    for (;;) {
        const std::size_t at = text.find(separator);
        fields.push_back(text.substr(0, at));
        if (at == std::string_view::npos) return fields;
        text.remove_prefix(at + 1);
    }
}

std::string human_size(std::uint64_t bytes) {
    static constexpr std::array<std::string_view, 6> kUnits = {" KiB", " MiB", " GiB",
                                                               " TiB", " PiB", " EiB"};
    if (bytes < 1024) return cat(bytes, " B");
    std::size_t unit = 0;
    while (unit + 1 < kUnits.size() && (bytes >> (10 * (unit + 2))) != 0) ++unit;
    const unsigned shift = 10 * (static_cast<unsigned>(unit) + 1);
    const std::uint64_t fraction = bytes & ((std::uint64_t{1} << shift) - 1);
    // Tenths, cut off and not rounded: never more than there is. The shift leaves room for * 10.
    const std::uint64_t tenths = ((fraction >> (shift - 10)) * 10) >> 10;
    return cat(bytes >> shift, '.', tenths, kUnits[unit]);
}

std::string hex(ByteView bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const std::byte byte : bytes) {
        out += kDigits[std::to_integer<std::size_t>(byte) >> 4];
        out += kDigits[std::to_integer<std::size_t>(byte) & 15];
    }
    return out;
}

std::string printable(std::string_view text, std::size_t maximum) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const char c : text.substr(0, maximum)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        }
    }
    if (text.size() > maximum) out += "...";
    return out;
}

}  // namespace nbdroot::base
