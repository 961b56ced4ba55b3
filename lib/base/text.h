// Small text tools for programs that have no iostream, no format and no locale.
#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace nbdroot::base {

inline void append(std::string& out, std::string_view piece) { out += piece; }
inline void append(std::string& out, char piece) { out += piece; }
template <std::integral T>
requires(!std::same_as<T, char> && !std::same_as<T, bool>) void append(std::string& out, T number) {
    char digits[24];  // 20 digits of uint64_t and a sign
    const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out.append(digits, end);
}

// cat("port ", 1234, ": ", reason): strings, characters and integers, in order.
template <class... Pieces>
[[nodiscard]] std::string cat(const Pieces&... pieces) {
    std::string out;
    (append(out, pieces), ...);
    return out;
}

// The whole of TEXT as an unsigned decimal number not above MAXIMUM: no sign, no blanks.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text,
                                                         std::uint64_t maximum = UINT64_MAX);

// "a,b,,c" -> {"a", "b", "", "c"}; an empty text gives one empty field.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// "4.0 GiB", "512 B": for people, one decimal.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

// TEXT with bytes outside printable ASCII as \xNN, at most MAXIMUM bytes of it: peer text in logs.
[[nodiscard]] std::string printable(std::string_view text, std::size_t maximum = 256);

}  // namespace nbdroot::base

namespace nbdroot {
using base::cat;
}
