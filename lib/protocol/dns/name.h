// Names of the DNS (RFC 1035 section 3.1) in the form that can be compared.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/bytes.h"

namespace nbdroot::protocol::dns {

// As on the wire, in lower case and not compressed: length and label in turn, at last a zero.
struct Name {
    std::string wire;

    bool operator==(const Name&) const = default;
};

// "boot.example.org" or "boot.example.org."; nullopt: a label is empty or longer than 63 bytes, the
// name is empty or longer than 255, or there is something else in it than letters, digits, '-',
// '_'.
[[nodiscard]] std::optional<Name> parse_name(std::string_view text);

struct NameRead {
    Name name;
    std::size_t end = 0;  // where in the message the name ends
};

// The name at OFFSET of MESSAGE, whose other parts it may refer to (compression, section 4.1.4):
// only to earlier ones, so that it ends. nullopt: it leaves the message, is too long, or refers
// forwards.
[[nodiscard]] std::optional<NameRead> read_name(ByteView message, std::size_t offset);

}  // namespace nbdroot::protocol::dns
