// The file in which the Merkle root of an image is kept, and which version of the image it is of.
// Pure. docs/merkle-root.md has it byte by byte.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.h"
#include "lib/sys/file_version.h"
#include "server/merkle/tree.h"

namespace nbdroot::server::merkle {

inline constexpr std::string_view kKeptSuffix = ".merkle";
// Longer than any that is written.
inline constexpr std::size_t kLongestKept = 1024;

struct KeptRoot {
    sys::FileVersion version{};
    Digest root{};

    bool operator==(const KeptRoot&) const = default;
};

[[nodiscard]] std::string to_text(const KeptRoot& kept);

// An Error for whatever is not exactly what to_text() makes.
[[nodiscard]] Result<KeptRoot> parse_kept_root(std::string_view text);

// Such a file, of whatever version or damaged further on: it may be overwritten.
[[nodiscard]] bool is_kept_root(std::string_view text);

}  // namespace nbdroot::server::merkle
