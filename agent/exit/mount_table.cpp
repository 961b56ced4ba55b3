#include "agent/exit/mount_table.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>

#include "lib/base/text.h"

namespace nbdroot::agent::exit {
namespace {

// Fields before the optional ones: ID, parent's ID, device, root, point, options.
constexpr std::size_t kFixedFields = 6;
constexpr std::size_t kDevice = 2;
constexpr std::size_t kPoint = 4;
// After the separator "-".
constexpr std::size_t kLastFields = 3;

std::optional<char> octal(std::string_view digits) {
    unsigned value = 0;
    for (const char digit : digits) {
        if (digit < '0' || digit > '7') return std::nullopt;
        value = value * 8 + static_cast<unsigned>(digit - '0');
    }
    if (digits.size() != 3 || value > 0xff) return std::nullopt;
    return static_cast<char>(value);
}

std::optional<Mount> parse_line(std::string_view line) {
    const auto fields = base::split(line, ' ');
    if (fields.size() < kFixedFields + 1 + kLastFields) return std::nullopt;
    const auto separator = std::find(fields.begin() + kFixedFields, fields.end(), "-");
    if (std::distance(separator, fields.end()) < static_cast<std::ptrdiff_t>(1 + kLastFields)) {
        return std::nullopt;
    }
    const std::string_view options = separator[3];
    return Mount{.device = std::string(fields[kDevice]),
                 .point = unescape(fields[kPoint]),
                 .type = unescape(separator[1]),
                 .source = unescape(separator[2]),
                 .is_writable = options != "ro" && !options.starts_with("ro,")};
}

}  // namespace

// fs/seq_file.c, mangle_path.
std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto character = text[i] == '\\' ? octal(text.substr(i + 1, 3)) : std::nullopt;
        plain += character.value_or(text[i]);
        if (character) i += 3;
    }
    return plain;
}

Result<std::vector<Mount>> parse_mount_table(std::string_view text) {
    std::vector<Mount> table;
    for (const std::string_view line : base::split(text, '\n')) {
        if (line.empty()) continue;
        auto mount = parse_line(line);
        if (!mount) return fail("read", "mount table", cat("no mount: ", base::printable(line)));
        table.push_back(std::move(*mount));
    }
    return table;
}

bool lies_on(const Mount& mount, std::string_view disk, const std::vector<std::string>& numbers) {
    if (std::find(numbers.begin(), numbers.end(), mount.device) != numbers.end()) return true;
    return is_source_on(mount.source, disk);
}

bool is_source_on(std::string_view source, std::string_view disk) {
    if (disk.empty() || !source.starts_with("/dev/")) return false;
    source.remove_prefix(5);
    if (!source.starts_with(disk)) return false;
    source.remove_prefix(disk.size());
    return source.empty() || source.front() == 'p';
}

bool is_within(std::string_view path, std::string_view folder) {
    if (folder == "/") return path.starts_with('/');
    if (!path.starts_with(folder)) return false;
    return path.size() == folder.size() || path[folder.size()] == '/';
}

}  // namespace nbdroot::agent::exit
