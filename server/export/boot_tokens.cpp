#include "server/export/boot_tokens.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "lib/base/text.h"
#include "lib/protocol/nbd/canonical_name.h"
#include "lib/sys/file.h"

namespace nbdroot::server::export_ {
namespace {

constexpr std::string_view kTitle = "nbd-rootserver boots 1";
constexpr std::string_view kCurrent = "current ";
constexpr std::string_view kDisplaced = "displaced ";
constexpr std::string_view kEnd = "end";

// The longest that to_text() makes, and some.
constexpr std::size_t kMaximumText =
    (kMaximumDisplaced + 4) * (kDisplaced.size() + protocol::nbd::kMaximumIdentifier + 1);

}  // namespace

bool BootTokens::is_displaced(std::string_view token) const {
    return std::find(displaced_.begin(), displaced_.end(), token) != displaced_.end();
}

bool BootTokens::take_over(const std::string& token) {
    if (token == current_) return false;
    displace(std::exchange(current_, token));
    return true;
}

void BootTokens::displace(std::string token) {
    if (token.empty()) return;
    displaced_.push_back(std::move(token));
    if (displaced_.size() > kMaximumDisplaced) displaced_.pop_front();
}

std::string BootTokens::to_text() const {
    std::string text = cat(kTitle, '\n');
    if (!current_.empty()) text += cat(kCurrent, current_, '\n');
    for (const std::string& token : displaced_) text += cat(kDisplaced, token, '\n');
    return text + cat(kEnd, '\n');
}

// Strict: a file that was cut short or is somebody else's must not let a displaced boot in unseen.
Result<BootTokens> parse_boot_tokens(std::string_view text) {
    const auto lines = base::split(text, '\n');
    const auto fault = [](std::size_t line) {
        return fail("parse", "boots", cat("line ", line, " is not what this program writes"));
    };
    if (lines.front() != kTitle) return fault(1);
    BootTokens tokens;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const std::string_view line = lines[i];
        const bool last = i + 2 == lines.size() && lines.back().empty();
        if (line == kEnd && last) return tokens;
        const bool current = line.starts_with(kCurrent);
        if (!current && !line.starts_with(kDisplaced)) return fault(i + 1);
        const std::string_view token = line.substr(current ? kCurrent.size() : kDisplaced.size());
        if (!protocol::nbd::is_identifier(token)) return fault(i + 1);
        if (!current) {
            tokens.displace(std::string(token));
        } else if (i == 1) {
            tokens.current_ = token;
        } else {
            return fault(i + 1);
        }
    }
    return fault(lines.size());
}

Result<BootTokens> read_boot_tokens(const std::string& path) {
    const auto text = sys::read_text_file(path, kMaximumText);
    if (!text && text.error().code == ENOENT) return BootTokens();
    if (!text) return tl::unexpected(text.error());
    auto tokens = parse_boot_tokens(*text);
    if (!tokens) tokens.error().object = path;
    return tokens;
}

}  // namespace nbdroot::server::export_
