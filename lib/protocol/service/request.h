// What is asked over a service connection: one JSON document (docs/service.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "lib/base/result.h"

namespace nbdroot::protocol::service {

inline constexpr std::size_t kMaximumWords = 64;
inline constexpr std::size_t kMaximumWordBytes = 1024;  // of all words together
inline constexpr std::size_t kMaximumBlocks = 64;       // of one request for hashes

struct Words {
    std::vector<std::string> words;  // not empty

    bool operator==(const Words&) const = default;
};

enum class Algorithm { sha256, xxh3 };  // XXH3: its 128 bits
[[nodiscard]] std::string_view name_of(Algorithm algorithm);
[[nodiscard]] std::optional<Algorithm> parse_algorithm(std::string_view name);
// Of a hash in hex.
[[nodiscard]] std::size_t digits_of(Algorithm algorithm);

// The hash of each block of a range: 1 to kMaximumBlocks of them, the last may be short. No sum of
// offset and length is beyond 2^63.
struct Hashes {
    Algorithm algorithm = Algorithm::sha256;
    std::uint64_t offset_bytes = 0;
    std::uint64_t length_bytes = 0;
    std::uint64_t block_bytes = 0;

    [[nodiscard]] std::uint64_t blocks() const {
        return length_bytes / block_bytes + (length_bytes % block_bytes == 0 ? 0 : 1);
    }
    bool operator==(const Hashes&) const = default;
};

using Request = std::variant<Words, Hashes>;

[[nodiscard]] Result<void> check(const Words& words);
[[nodiscard]] Result<void> check(const Hashes& hashes);

// What check() refuses is refused.
[[nodiscard]] Result<Request> parse_request(std::string_view text);
[[nodiscard]] std::string to_json(const Request& request);

// The answer to HASHES: one for each block, in order. From a peer: anything else is an Error.
[[nodiscard]] Result<std::vector<std::string>> parse_hashes(std::string_view text,
                                                            const Hashes& hashes);
[[nodiscard]] std::string hashes_json(const std::vector<std::string>& hashes);

// {"error": TEXT}
[[nodiscard]] std::string error_json(std::string_view text);

}  // namespace nbdroot::protocol::service
