#include "server/config/ini_value.h"

#include <array>
#include <optional>

#include "lib/base/text.h"

namespace nbdroot::server::config {
namespace {

constexpr std::size_t kMaximumSocketPath = 107;  // sun_path with its zero byte is 108
// A century: far from where clocks and sums overflow.
constexpr std::uint64_t kMaximumSeconds = 36500ULL * 86400;

struct Unit {
    char letter;
    std::uint64_t factor;
};

constexpr std::array kSizes{Unit{'K', 1ULL << 10}, Unit{'M', 1ULL << 20}, Unit{'G', 1ULL << 30},
                            Unit{'T', 1ULL << 40}};
constexpr std::array kSpans{Unit{'s', 1}, Unit{'m', 60}, Unit{'h', 3600}, Unit{'d', 86400}};

// A number with one of UNITS behind it, or none.
template <std::size_t kCount>
std::optional<std::uint64_t> parse_with_unit(std::string_view text,
                                             const std::array<Unit, kCount>& units,
                                             std::uint64_t maximum) {
    std::uint64_t factor = 1;
    for (const Unit& unit : units) {
        if (!text.ends_with(unit.letter)) continue;
        factor = unit.factor;
        text.remove_suffix(1);
        break;
    }
    const auto number = base::parse_decimal(text, maximum / factor);
    if (!number) return std::nullopt;
    return *number * factor;
}

}  // namespace

Result<bool> parse_boolean(std::string_view text) {
    if (text == "true" || text == "1") return true;
    if (text == "false" || text == "0") return false;
    return fail("boolean", cat("'", base::printable(text), "'"), "neither true nor false");
}

Result<std::uint32_t> parse_limit(std::string_view text) {
    const auto number = base::parse_decimal(text, UINT32_MAX);
    if (number) return static_cast<std::uint32_t>(*number);
    return fail("limit", cat("'", base::printable(text), "'"),
                "not a number of connections; 0 is no limit");
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const auto bytes = parse_with_unit(text, kSizes, INT64_MAX);
    if (bytes) return *bytes;
    return fail("size", cat("'", base::printable(text), "'"),
                "a number of bytes is needed, or one with K, M, G or T behind it");
}

Result<std::chrono::seconds> parse_time_span(std::string_view text) {
    const auto seconds = parse_with_unit(text, kSpans, kMaximumSeconds);
    if (seconds) return std::chrono::seconds(*seconds);
    return fail("time", cat("'", base::printable(text), "'"),
                "a number of seconds is needed, or one with s, m, h or d behind it");
}

Result<std::string> parse_socket_path(std::string_view text) {
    if (text.empty()) return fail("socket", "", "empty; the path of a socket is needed");
    if (text.size() <= kMaximumSocketPath) return std::string(text);
    return fail("socket", cat("'", base::printable(text), "'"),
                cat("longer than ", kMaximumSocketPath, " bytes, which no socket's path can be"));
}

std::vector<std::string_view> split_list(std::string_view text) {
    constexpr std::string_view separators = ", \t";
    std::vector<std::string_view> fields;
    for (std::size_t at = text.find_first_not_of(separators); at != std::string_view::npos;
         at = text.find_first_not_of(separators, at)) {
        const std::size_t end = text.find_first_of(separators, at);
        fields.push_back(text.substr(at, end - at));
        if (end == std::string_view::npos) break;
        at = end;
    }
    return fields;
}

Result<std::string> unescape(std::string_view text) {
    constexpr std::string_view names = "stnr\\";
    constexpr std::string_view meanings = " \t\n\r\\";
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\') {
            plain += text[i];
            continue;
        }
        const std::size_t kind = ++i < text.size() ? names.find(text[i]) : std::string_view::npos;
        if (kind == std::string_view::npos) {
            return fail("value", cat("'", base::printable(text), "'"),
                        R"(after a backslash only s, t, n, r or another one; \\ is a backslash)");
        }
        plain += meanings[kind];
    }
    return plain;
}

}  // namespace nbdroot::server::config
