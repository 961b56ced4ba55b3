// Bytes written as hexadecimal text in tests.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"

namespace nbdroot::tests {

// "4500 01 ff": pairs of digits, blanks anywhere between them.
inline Bytes from_hex(std::string_view text) {
    Bytes bytes;
    int high = -1;
    for (const char c : text) {
        if (c == ' ') continue;
        const int digit = c >= 'a' ? c - 'a' + 10 : c - '0';
        if (high < 0) {
            high = digit;
        } else {
            bytes.push_back(static_cast<std::byte>(high * 16 + digit));
            high = -1;
        }
    }
    return bytes;
}

inline std::string to_hex(ByteView bytes) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const std::byte byte : bytes) {
        text += kDigits[std::to_integer<std::size_t>(byte) >> 4];
        text += kDigits[std::to_integer<std::size_t>(byte) & 15];
    }
    return text;
}

}  // namespace nbdroot::tests
