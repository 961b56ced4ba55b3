// Which boots have written to an image: the one that may go on, and those that must not come back.
//
// A boot that was displaced by another has a page cache that no longer matches the disk.
// As text, in the state directory:
//
//   nbd-rootserver boots 1
//   current TOKEN
//   displaced TOKEN          oldest first
//   end
#pragma once

#include <cstddef>
#include <deque>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::server::export_ {

// Boots of one image; when more were displaced, the oldest is forgotten. At one a day: three years.
inline constexpr std::size_t kMaximumDisplaced = 1024;

class BootTokens {
public:
    // Empty: nobody has written yet, or the last writer had no token.
    [[nodiscard]] const std::string& current() const { return current_; }
    [[nodiscard]] bool is_displaced(std::string_view token) const;

    // TOKEN (empty: a client without one) is the boot that writes from now on. False: it was
    // before.
    bool take_over(const std::string& token);

    [[nodiscard]] std::string to_text() const;
    bool operator==(const BootTokens&) const = default;

    friend Result<BootTokens> parse_boot_tokens(std::string_view text);

private:
    void displace(std::string token);

    std::string current_;
    std::deque<std::string> displaced_;
};

[[nodiscard]] Result<BootTokens> parse_boot_tokens(std::string_view text);

// No file: no boots.
[[nodiscard]] Result<BootTokens> read_boot_tokens(const std::string& path);

}  // namespace nbdroot::server::export_
