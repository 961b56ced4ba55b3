#include "lib/base/ipv4.h"

#include "lib/base/text.h"

namespace nbdroot::base {

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
    const auto fields = split(text, '.');
    if (fields.size() != 4) return std::nullopt;
    std::uint32_t address = 0;
    for (const std::string_view field : fields) {
        const auto byte = field.size() <= 3 ? parse_decimal(field, 255) : std::nullopt;
        if (!byte) return std::nullopt;
        address = (address << 8) | static_cast<std::uint32_t>(*byte);
    }
    return address;
}

std::string format_ipv4(std::uint32_t address) {
    return cat(address >> 24, '.', (address >> 16) & 255, '.', (address >> 8) & 255, '.',
               address & 255);
}

std::uint32_t ipv4_mask(unsigned length_bits) {
    return length_bits == 0 ? 0 : ~std::uint32_t{0} << (32 - length_bits);
}

std::optional<std::uint8_t> ipv4_mask_length(std::uint32_t mask) {
    std::uint8_t length_bits = 0;
    while (length_bits < 32 && ipv4_mask(length_bits) != mask) ++length_bits;
    if (ipv4_mask(length_bits) != mask) return std::nullopt;
    return length_bits;
}

std::optional<std::uint8_t> parse_ipv4_mask(std::string_view text) {
    if (const auto length_bits = parse_decimal(text, 32)) {
        return static_cast<std::uint8_t>(*length_bits);
    }
    const auto mask = parse_ipv4(text);
    if (!mask) return std::nullopt;
    return ipv4_mask_length(*mask);
}

std::optional<std::uint8_t> ipv4_class_length(std::uint32_t address) {
    if ((address >> 31) == 0b0) return 8;
    if ((address >> 30) == 0b10) return 16;
    if ((address >> 29) == 0b110) return 24;
    return std::nullopt;
}

bool is_ipv4_host(std::uint32_t address) {
    const std::uint32_t network = address >> 24;
    return network != 0 && network != 127 && network < 224;
}

}  // namespace nbdroot::base
