#include "lib/base/json.h"

#include <cstddef>
#include <cstdint>

namespace nbdroot::base {
namespace {

constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

bool is_continuation(std::string_view text, std::size_t at) {
    return at < text.size() && (static_cast<std::uint8_t>(text[at]) & 0xc0) == 0x80;
}

// The length of the UTF-8 sequence at the front of TEXT, 0 where there is none. RFC 3629: no
// overlong forms, no surrogates, nothing above U+10FFFF.
std::size_t utf8_length(std::string_view text) {
    const auto first = static_cast<std::uint8_t>(text[0]);
    const auto second = text.size() > 1 ? static_cast<std::uint8_t>(text[1]) : std::uint8_t{0};
    if (first < 0x80) return 1;
    if (first >= 0xc2 && first <= 0xdf) return is_continuation(text, 1) ? 2 : 0;
    if (first >= 0xe0 && first <= 0xef) {
        if (first == 0xe0 && second < 0xa0) return 0;
        if (first == 0xed && second > 0x9f) return 0;
        return is_continuation(text, 1) && is_continuation(text, 2) ? 3 : 0;
    }
    if (first >= 0xf0 && first <= 0xf4) {
        if (first == 0xf0 && second < 0x90) return 0;
        if (first == 0xf4 && second > 0x8f) return 0;
        const bool whole =
            is_continuation(text, 1) && is_continuation(text, 2) && is_continuation(text, 3);
        return whole ? 4 : 0;
    }
    return 0;
}

void append_control(std::string& out, char control) {
    static constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<std::uint8_t>(control);
    out += "\\u00";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        if (length == 0) return false;
        text.remove_prefix(length);
    }
    return true;
}

std::string json_string(std::string_view text) {
    std::string out = "\"";
    while (!text.empty()) {
        const std::size_t length = utf8_length(text);
        const char first = text[0];
        if (length == 0) {
            out += kReplacement;
        } else if (first == '"' || first == '\\') {
            out += '\\';
            out += first;
        } else if (static_cast<std::uint8_t>(first) < 0x20 || first == 0x7f) {
            append_control(out, first);
        } else {
            out += text.substr(0, length);
        }
        text.remove_prefix(length == 0 ? 1 : length);
    }
    return out + '"';
}

void JsonWriter::key(std::string_view name) {
    separate();
    text_ += json_string(name);
    text_ += ':';
    needs_comma_ = false;
}

void JsonWriter::separate() {
    if (needs_comma_) text_ += ',';
}

void JsonWriter::raw(std::string_view piece) {
    separate();
    text_ += piece;
    needs_comma_ = true;
}

void JsonWriter::open(char bracket) {
    separate();
    text_ += bracket;
    needs_comma_ = false;
}

void JsonWriter::close(char bracket) {
    text_ += bracket;
    needs_comma_ = true;
}

}  // namespace nbdroot::base
