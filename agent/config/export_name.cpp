#include "agent/config/export_name.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "agent/config/refuse.h"
#include "lib/base/text.h"

namespace nbdroot::agent::config {
namespace {

std::optional<char> parse_hex_byte(std::string_view digits) {
    std::uint8_t byte = 0;
    if (digits.size() != 2) return std::nullopt;
    const char* const end = digits.data() + digits.size();
    const auto [stop, code] = std::from_chars(digits.data(), end, byte, 16);
    if (code != std::errc() || stop != end) return std::nullopt;
    return static_cast<char>(byte);
}

}  // namespace

Result<std::string> parse_export(std::string_view text) {
    std::string name;
    std::size_t length_bytes = 0;  // of the name on the wire, without what placeholders become
    while (!text.empty()) {
        char c = text[0];
        const char next = text.size() > 1 ? text[1] : '\0';
        std::size_t taken = 1;
        if (c == '%' && kPlaceholders.find(next) != std::string_view::npos) {
            name += text.substr(0, 2);
            text.remove_prefix(2);
            continue;
        }
        if (c == '%' && next == '%') {
            taken = 2;
        } else if (c == '%') {
            const auto byte = parse_hex_byte(text.substr(1, 2));
            if (!byte) {
                return refuse(cat(quoted(text.substr(0, 3)),
                                  " in the export is neither %XX, %% nor one of %m %h %u %s %i"));
            }
            c = *byte;
            taken = 3;
        }
        if (c == '\0') return refuse("an export name cannot hold a zero byte");
        name += c;
        if (c == '%') name += '%';
        ++length_bytes;
        text.remove_prefix(taken);
    }
    if (length_bytes > kExportNameBytes) {
        return refuse(
            cat("the export name has ", length_bytes, " bytes, the limit is ", kExportNameBytes));
    }
    return name;
}

}  // namespace nbdroot::agent::config
