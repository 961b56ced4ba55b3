#include "server/merkle/kept_root.h"

#include <array>
#include <cstdint>
#include <optional>

#include "lib/base/crc32c.h"
#include "lib/base/text.h"

namespace nbdroot::server::merkle {
namespace {

constexpr std::string_view kTitle = "nbdroot merkle";
constexpr std::string_view kForm = "nbdroot merkle 1\nalgorithm sha256\nleaf 65536\n";
static_assert(kLeafBytes == 65536);

std::string hex_of(std::uint32_t number) {
    const be32 wire(number);
    return base::hex(std::as_bytes(std::span(&wire, 1)));
}

std::string with_sum(const std::string& text) {
    return cat(text, "crc32c ", hex_of(base::crc32c(base::as_bytes(text))), '\n');
}

// The line "NAME value" at the front of REST, taken off it.
std::optional<std::string_view> take_line(std::string_view& rest, std::string_view name) {
    const std::size_t end = rest.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view line = rest.substr(0, end);
    if (!line.starts_with(name) || line.size() <= name.size() || line[name.size()] != ' ') {
        return std::nullopt;
    }
    rest.remove_prefix(end + 1);
    return line.substr(name.size() + 1);
}

std::optional<std::uint64_t> take_number(std::string_view& rest, std::string_view name) {
    const auto text = take_line(rest, name);
    return text ? base::parse_decimal(*text) : std::nullopt;
}

// A time before 1970 is one, too.
std::optional<std::int64_t> take_time(std::string_view& rest, std::string_view name) {
    auto text = take_line(rest, name);
    if (!text) return std::nullopt;
    const bool is_negative = text->starts_with('-');
    if (is_negative) text->remove_prefix(1);
    const auto number = base::parse_decimal(*text, INT64_MAX);
    if (!number) return std::nullopt;
    const auto time = static_cast<std::int64_t>(*number);
    return is_negative ? -time : time;
}

std::optional<std::uint8_t> digit_of(char character) {
    if (character >= '0' && character <= '9') return static_cast<std::uint8_t>(character - '0');
    if (character >= 'a' && character <= 'f') {
        return static_cast<std::uint8_t>(character - 'a' + 10);
    }
    return std::nullopt;
}

std::optional<Digest> take_digest(std::string_view& rest, std::string_view name) {
    const auto text = take_line(rest, name);
    Digest digest{};
    if (!text || text->size() != 2 * digest.size()) return std::nullopt;
    for (std::size_t i = 0; i < digest.size(); ++i) {
        const auto high = digit_of((*text)[2 * i]);
        const auto low = digit_of((*text)[2 * i + 1]);
        if (!high || !low) return std::nullopt;
        digest[i] = static_cast<std::byte>(*high << 4 | *low);
    }
    return digest;
}

Failure refuse(std::string_view reason) { return fail("parse", "Merkle root", reason); }

}  // namespace

std::string to_text(const KeptRoot& kept) {
    return with_sum(cat(kForm, "size ", kept.version.size_bytes, "\ninode ", kept.version.inode,
                        "\nmodified ", kept.version.modified_ns, "\nchanged ",
                        kept.version.changed_ns, "\nroot ", base::hex(kept.root), '\n'));
}

Result<KeptRoot> parse_kept_root(std::string_view text) {
    if (!text.starts_with(kForm)) return refuse("of another version, algorithm or leaf size");
    std::string_view rest = text.substr(kForm.size());
    const auto size = take_number(rest, "size");
    const auto inode = take_number(rest, "inode");
    const auto modified = take_time(rest, "modified");
    const auto changed = take_time(rest, "changed");
    const auto root = take_digest(rest, "root");
    if (!size || !inode || !modified || !changed || !root) return refuse("a line is missing");
    const KeptRoot kept{.version = {.inode = *inode,
                                    .size_bytes = *size,
                                    .modified_ns = *modified,
                                    .changed_ns = *changed},
                        .root = *root};
    if (text != to_text(kept)) return refuse("its checksum is wrong");
    return kept;
}

bool is_kept_root(std::string_view text) { return text.starts_with(kTitle); }

}  // namespace nbdroot::server::merkle
