#include "lib/base/mac.h"

#include <charconv>

namespace nbdroot::base {

std::string format_mac(const Mac& mac) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out;
    for (const std::uint8_t byte : mac) {
        if (!out.empty()) out += ':';
        out += kDigits[byte >> 4];
        out += kDigits[byte & 15];
    }
    return out;
}

std::optional<Mac> parse_mac(std::string_view text) {
    constexpr std::size_t kByteCharacters = 3;  // two digits and a separator
    Mac mac{};
    if (text.size() != mac.size() * kByteCharacters - 1) return std::nullopt;
    for (std::size_t i = 0; i < mac.size(); ++i) {
        const char* const digits = text.data() + i * kByteCharacters;
        const auto [stop, code] = std::from_chars(digits, digits + 2, mac.at(i), 16);
        if (code != std::errc() || stop != digits + 2) return std::nullopt;
        const char separator = i + 1 < mac.size() ? digits[2] : ':';
        if (separator != ':' && separator != '-') return std::nullopt;
    }
    return mac;
}

bool is_card_mac(const Mac& mac) { return (mac[0] & 1) == 0 && mac != Mac{}; }

}  // namespace nbdroot::base
