#include "agent/control/service_text.h"

#include <algorithm>

#include "lib/base/text.h"

namespace nbdroot::agent::control {
namespace {

using Kind = JsonValue::Kind;

constexpr std::size_t kMostMembers = 64;
constexpr std::size_t kNameWidth = 20;

std::string text_of(const JsonValue& value) {
    if (value.kind() == Kind::string) return value.text();
    if (value.kind() == Kind::number) return cat(value.number());
    if (value.kind() == Kind::boolean) return value.truth() ? "yes" : "no";
    return "";
}

// Printable ASCII and lines.
std::string harmless(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool is_plain = c == '\n' || c == '\t' || (c >= ' ' && c <= '~');
        out += is_plain ? c : '?';
    }
    return out;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
    constexpr std::string_view kUnits = "KMGT";
    const std::size_t unit = text.empty() ? std::string_view::npos : kUnits.find(text.back());
    if (unit == std::string_view::npos) return base::parse_decimal(text, INT64_MAX);
    const unsigned shift = 10 * static_cast<unsigned>(unit + 1);
    const auto number = base::parse_decimal(text.substr(0, text.size() - 1), INT64_MAX >> shift);
    if (!number) return std::nullopt;
    return *number << shift;
}

std::string hash_lines(const protocol::service::Hashes& wanted,
                       const std::vector<std::string>& hashes) {
    std::string lines;
    std::uint64_t at = wanted.offset_bytes;
    const std::uint64_t end = wanted.offset_bytes + wanted.length_bytes;
    for (const std::string& hash : hashes) {
        const std::uint64_t length = std::min(wanted.block_bytes, end - at);
        lines += cat(at, ' ', length, ' ', hash, '\n');
        at += length;
    }
    return lines;
}

std::string describe_answer(const JsonValue& answer) {
    if (answer["output"].kind() == Kind::string) return harmless(answer["output"].text());
    std::string lines;
    for (std::size_t i = 0; i < std::min(answer.names().size(), kMostMembers); ++i) {
        std::string name = base::printable(answer.names()[i], 40);
        name.resize(std::max(name.size() + 1, kNameWidth), ' ');
        lines += cat(name, base::printable(text_of(answer.items()[i])), '\n');
    }
    return lines;
}

std::string trouble_of_script(const JsonValue& answer) {
    if (answer["output"].kind() != Kind::string) return "";
    const std::int64_t signal = answer["signal"].number();
    if (signal != 0) return cat("ended by signal ", signal);
    const std::int64_t status = answer["exit_status"].number();
    if (status != 0) return cat("exit status ", status);
    return answer["output_is_cut"].truth() ? "its output was too long and is cut" : "";
}

}  // namespace nbdroot::agent::control
