// Small text tools for programs that have no iostream, no format and no locale.
#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/bytes.h"

namespace nbdroot::base {

// One argument of cat(): a view or a number. Small and without code of its own, since every message
// of every program is built from these.
class Piece {
public:
    // NOLINTBEGIN(google-explicit-constructor): every argument of cat() becomes one
    Piece(std::string_view text) : text_(text.data()), value_(text.size()), kind_(Kind::text) {}
    Piece(const std::string& text) : Piece(std::string_view(text)) {}
    Piece(const char* text) : Piece(std::string_view(text)) {}
    Piece(char character) : value_(static_cast<unsigned char>(character)), kind_(Kind::character) {}
    template <std::integral T>
    requires(!std::same_as<T, char> && !std::same_as<T, bool>) Piece(T number)
        : value_(static_cast<std::uint64_t>(number)),
          kind_(std::signed_integral<T> ? Kind::signed_number : Kind::unsigned_number) {}

    // NOLINTEND(google-explicit-constructor)

    void append_to(std::string& out) const;

private:
    enum class Kind : std::uint8_t { text, character, signed_number, unsigned_number };

    const char* text_ = nullptr;
    std::uint64_t value_;  // the length of a text, or the number itself
    Kind kind_;
};

[[nodiscard]] std::string join(std::initializer_list<Piece> pieces);

// cat("port ", 1234, ": ", reason): strings, characters and integers, in order.
template <class... Pieces>
[[nodiscard]] std::string cat(const Pieces&... pieces) {
    return join({Piece(pieces)...});
}

// The whole of TEXT as an unsigned decimal number not above MAXIMUM: no sign, no blanks.
[[nodiscard]] std::optional<std::uint64_t> parse_decimal(std::string_view text,
                                                         std::uint64_t maximum = UINT64_MAX);

// "a,b,,c" -> {"a", "b", "", "c"}; an empty text gives one empty field.
[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);

// "00ff1e"
[[nodiscard]] std::string hex(ByteView bytes);

// "4.0 GiB", "512 B": for people, one decimal.
[[nodiscard]] std::string human_size(std::uint64_t bytes);

// TEXT with bytes outside printable ASCII as \xNN, at most MAXIMUM bytes of it: peer text in logs.
[[nodiscard]] std::string printable(std::string_view text, std::size_t maximum = 256);

}  // namespace nbdroot::base

namespace nbdroot {
using base::cat;
}
