// Keys of one kind of section: their names and what they do.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "lib/base/result.h"

namespace nbdroot::server::config {

template <class Target>
struct Key {
    std::string_view name;
    Result<void> (*set)(Target& target, const std::string& value);
};

// A key of nbd-server that sets nothing here.
struct ForeignKey {
    enum class Refuses { nothing, true_value, false_value, every_value };

    std::string_view name;
    Refuses refuses;
    // Why it is refused and what to do instead; of a key that merely tunes: why it has no effect.
    std::string_view reason;
};

struct Verdict {
    bool refused = false;
    std::string_view text{};  // empty: VALUE asks for what is done anyhow
};
// An Error if VALUE is not of the key's kind.
[[nodiscard]] Result<Verdict> judge(const ForeignKey& key, std::string_view value);

[[nodiscard]] std::span<const ForeignKey> foreign_generic_keys();
[[nodiscard]] std::span<const ForeignKey> foreign_export_keys();

}  // namespace nbdroot::server::config
