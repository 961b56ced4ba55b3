#include "lib/base/json_value.h"

#include <charconv>
#include <optional>

#include "lib/base/text.h"

namespace nbdroot::base {
namespace {

constexpr int kMaximumLevels = 16;
constexpr std::string_view kBlanks = " \t\r\n";

// One \uXXXX as UTF-8; a lone half of a surrogate pair is no character: U+FFFD.
void append_utf8(std::string& out, std::uint32_t code) {
    const auto byte = [&out](std::uint32_t value) { out += static_cast<char>(value); };
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) return byte(code);
    if (code < 0x800) {
        byte(0xc0 | code >> 6);
    } else if (code < 0x10000) {
        byte(0xe0 | code >> 12);
        byte(0x80 | (code >> 6 & 0x3f));
    } else {
        byte(0xf0 | code >> 18);
        byte(0x80 | (code >> 12 & 0x3f));
        byte(0x80 | (code >> 6 & 0x3f));
    }
    byte(0x80 | (code & 0x3f));
}

std::optional<char> plain_escape(char letter) {
    static constexpr std::string_view kLetters = "\"\\/bfnrt";
    static constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
    const std::size_t at = kLetters.find(letter);
    if (at == std::string_view::npos) return std::nullopt;
    return kMeanings[at];
}

}  // namespace

class JsonReader {
public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    Result<JsonValue> read_document(std::size_t maximum) {
        if (text_.size() > maximum) return refuse(cat("is longer than ", maximum / 1024, " KiB"));
        JsonValue value = NBDROOT_TRY(read_value(0));
        skip_blanks();
        if (at_ != text_.size()) return refuse("something stands behind the value");
        return value;
    }

private:
    using Kind = JsonValue::Kind;

    [[nodiscard]] Failure refuse(std::string_view reason) const {
        return fail("read", "JSON", cat(reason, " (byte ", at_, ")"));
    }

    void skip_blanks() {
        while (at_ < text_.size() && kBlanks.find(text_[at_]) != std::string_view::npos) ++at_;
    }

    bool take(std::string_view word) {
        if (!text_.substr(at_).starts_with(word)) return false;
        at_ += word.size();
        return true;
    }

    Result<JsonValue> read_value(int level) {
        if (level > kMaximumLevels) return refuse("is nested too deeply");
        skip_blanks();
        if (take("{")) return read_object(level);
        if (take("[")) return read_array(level);
        JsonValue value;
        if (take("\"")) {
            value.kind_ = Kind::string;
            value.text_ = NBDROOT_TRY(read_string());
            return value;
        }
        if (take("null")) return value;
        const bool yes = take("true");
        if (yes || take("false")) {
            value.kind_ = Kind::boolean;
            value.number_ = yes ? 1 : 0;
            return value;
        }
        value.kind_ = Kind::number;
        value.number_ = NBDROOT_TRY(read_number());
        return value;
    }

    Result<JsonValue> read_array(int level) {
        JsonValue array;
        array.kind_ = Kind::array;
        skip_blanks();
        if (take("]")) return array;
        for (;;) {
            array.items_.push_back(NBDROOT_TRY(read_value(level + 1)));
            skip_blanks();
            if (take("]")) return array;
            if (!take(",")) return refuse("a comma or ] is missing");
        }
    }

    Result<JsonValue> read_object(int level) {
        JsonValue object;
        object.kind_ = Kind::object;
        skip_blanks();
        if (take("}")) return object;
        for (;;) {
            skip_blanks();
            if (!take("\"")) return refuse("a name is missing");
            object.names_.push_back(NBDROOT_TRY(read_string()));
            skip_blanks();
            if (!take(":")) return refuse("a colon is missing");
            object.items_.push_back(NBDROOT_TRY(read_value(level + 1)));
            skip_blanks();
            if (take("}")) return object;
            if (!take(",")) return refuse("a comma or } is missing");
        }
    }

    Result<std::int64_t> read_number() {
        const char* const begin = text_.data() + at_;
        const char* const end = text_.data() + text_.size();
        std::int64_t number = 0;
        const auto [stop, code] = std::from_chars(begin, end, number);
        if (code == std::errc::invalid_argument) return refuse("no value begins here");
        if (code != std::errc()) return refuse("a number does not fit 64 bits");
        const char* const digits = *begin == '-' ? begin + 1 : begin;
        if (*digits == '0' && stop - digits > 1) return refuse("a number begins with 0");
        at_ += static_cast<std::size_t>(stop - begin);
        if (stop != end && std::string_view(".eE").find(*stop) != std::string_view::npos) {
            return refuse("a number is not whole");
        }
        return number;
    }

    // Behind the opening quote.
    Result<std::string> read_string() {
        std::string out;
        while (at_ < text_.size()) {
            const char c = text_[at_++];
            if (c == '"') return out;
            if (static_cast<unsigned char>(c) < 0x20)
                return refuse("a string holds a control byte");
            if (c != '\\') {
                out += c;
            } else {
                NBDROOT_CHECK(read_escape(out));
            }
        }
        return refuse("a string has no end");
    }

    Result<void> read_escape(std::string& out) {
        if (at_ == text_.size()) return refuse("a string has no end");
        const char letter = text_[at_++];
        if (const auto plain = plain_escape(letter)) {
            out += *plain;
            return {};
        }
        if (letter != 'u') return refuse("an escape is not known");
        std::uint32_t code = NBDROOT_TRY(read_four_digits());
        const bool is_high = code >= 0xd800 && code <= 0xdbff;
        if (is_high && text_.substr(at_).starts_with("\\u")) {
            const std::size_t before = at_;
            at_ += 2;
            const std::uint32_t low = NBDROOT_TRY(read_four_digits());
            if (low >= 0xdc00 && low <= 0xdfff) {
                code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            } else {
                at_ = before;
            }
        }
        append_utf8(out, code);
        return {};
    }

    Result<std::uint32_t> read_four_digits() {
        const std::string_view digits = text_.substr(at_, 4);
        std::uint32_t code = 0;
        const char* const end = digits.data() + digits.size();
        const auto [stop, error] = std::from_chars(digits.data(), end, code, 16);
        if (digits.size() != 4 || error != std::errc() || stop != end) {
            return refuse("\\u needs four hexadecimal digits");
        }
        at_ += 4;
        return code;
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

const JsonValue& JsonValue::operator[](std::string_view name) const {
    static const JsonValue kNone;
    for (std::size_t i = 0; i < names_.size(); ++i) {
        if (names_[i] == name) return items_[i];
    }
    return kNone;
}

Result<JsonValue> parse_json(std::string_view text, std::size_t maximum) {
    return JsonReader(text).read_document(maximum);
}

}  // namespace nbdroot::base
